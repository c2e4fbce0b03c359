// DistinctCounter: how many different values were seen; exact while they are few, then estimated in 4 KiB.
import { hashBytes, hashHigh, hashLow } from "../byte-hash.ts"

/** Up to here the count is exact (but for a collision of 64-bit hashes). */
const exactLimit = 256
const precision = 12
const registerCount = 1 << precision
/** Hash bits behind the register index. */
const restBits = 64 - precision

/** What a counter is saved as: the hashes while exact, else the registers. */
export type SavedDistinct = { readonly hashes: ReadonlyArray<number | string> } | { readonly registers: string }

/**
 * HyperLogLog with 2^12 registers, standard error 1.6 % (Flajolet, Fusy, Gandouet, Meunier, AofA 2007), read with the
 * estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, algorithm 6,
 * which needs no bias table.
 */
export class DistinctCounter {
  private exact: Set<string> | undefined = new Set()
  private registers: Uint8Array | undefined

  /** Adds the value `source[start, end)`. */
  add(source: Uint8Array, start: number, end: number): void {
    hashBytes(source, start, end)
    this.addHash(hashHigh, hashLow)
  }

  /** The number of different values; a whole number. */
  get count(): number {
    if (this.exact !== undefined) return this.exact.size
    return Math.round(estimate(this.registers as Uint8Array))
  }

  save(): SavedDistinct {
    if (this.exact !== undefined) return { hashes: [...this.exact] }
    return { registers: (this.registers as Uint8Array).toHex() }
  }

  static load(saved: SavedDistinct): DistinctCounter {
    const counter = new DistinctCounter()
    if ("hashes" in saved) counter.exact = new Set(saved.hashes.map(String))
    else {
      counter.exact = undefined
      counter.registers = Uint8Array.fromHex(saved.registers)
    }
    return counter
  }

  private addHash(high: number, low: number): void {
    if (this.exact !== undefined) {
      this.exact.add(`${high.toString(36)} ${low.toString(36)}`)
      if (this.exact.size > exactLimit) this.spill(this.exact)
      return
    }
    addToRegisters(this.registers as Uint8Array, high, low)
  }

  private spill(exact: ReadonlySet<string>): void {
    const registers = new Uint8Array(registerCount)
    for (const hash of exact) {
      const [high, low] = hash.split(" ")
      addToRegisters(registers, Number.parseInt(high as string, 36), Number.parseInt(low as string, 36))
    }
    this.registers = registers
    this.exact = undefined
  }
}

const addToRegisters = (registers: Uint8Array, high: number, low: number): void => {
  const index = high >>> (32 - precision)
  const rest = (high << precision) >>> 0
  const highBits = 32 - precision
  const rank = rest !== 0 ? Math.clz32(rest) + 1 : low !== 0 ? highBits + Math.clz32(low) + 1 : restBits + 1
  if (rank > (registers[index] as number)) registers[index] = rank
}

const estimate = (registers: Uint8Array): number => {
  const histogram = new Float64Array(restBits + 2)
  for (const register of registers) histogram[register] = (histogram[register] as number) + 1
  let z = registerCount * tau(1 - (histogram[restBits + 1] as number) / registerCount)
  for (let k = restBits; k >= 1; k--) z = 0.5 * (z + (histogram[k] as number))
  z += registerCount * sigma((histogram[0] as number) / registerCount)
  return (registerCount * registerCount) / (2 * Math.LN2 * z)
}

const sigma = (start: number): number => {
  if (start === 1) return Number.POSITIVE_INFINITY
  let x = start
  let y = 1
  let z = x
  for (;;) {
    x *= x
    const before = z
    z += x * y
    y += y
    if (z === before) return z
  }
}

const tau = (start: number): number => {
  if (start === 0 || start === 1) return 0
  let x = start
  let y = 1
  let z = 1 - x
  for (;;) {
    x = Math.sqrt(x)
    const before = z
    y *= 0.5
    z -= (1 - x) * (1 - x) * y
    if (z === before) return z / 3
  }
}
