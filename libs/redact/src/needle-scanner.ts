// Needle scanner: finds any of many short texts in bytes, looking at every second pair of bytes (after Wu and Manber, 1994).

/** So many neighbouring characters of each needle are looked for. */
const window = 3

/** Letters lose their case; of other bytes some become equal, which the comparison that follows does not mind. */
const fold = (byte: number): number => byte | 0x20

/** How often a character is met in lines of logs, in about percent; others hardly ever. */
const frequencies: Readonly<Record<string, number>> = {
  ...{
    e: 9,
    t: 7,
    a: 6,
    o: 6,
    i: 5,
    n: 5,
    s: 5,
    r: 5,
    h: 2,
    l: 3,
    d: 3,
    c: 3,
    u: 2,
    m: 2,
    p: 2,
    f: 1,
    g: 1,
    w: 1,
    y: 1,
    b: 1,
    v: 1
  },
  ...{ ":": 4, "-": 2, "/": 3, ".": 2, "=": 1, "0": 4, "1": 4, "2": 3 }
}

export interface Found {
  /** Index among the needles. */
  readonly needle: number
  readonly at: number
}

interface Needle {
  readonly bytes: Uint8Array
  readonly index: number
  /** Where in it the pair stands. */
  readonly offset: number
}

export class NeedleScanner {
  /** 1 for each pair of bytes at which a needle may stand. */
  private readonly marked = new Uint8Array(65_536)
  /** 1 for what three neighbouring bytes of a needle come to; most pairs that are met are told from needles by it. */
  private readonly windows = new Uint8Array(65_536)
  private readonly byPair = new Map<number, Array<Needle>>()

  /** Each at least three characters of ASCII. */
  constructor(needles: ReadonlyArray<string>) {
    needles.forEach((text, index) => {
      if (text.length < window) throw new RangeError(`${JSON.stringify(text)} is shorter than ${window}`)
      const bytes = Uint8Array.from(Buffer.from(text, "latin1"), fold)
      const begin = rarestWindow(text.toLowerCase())
      this.windows[windowOf(bytes, begin)] = 1
      // Of two pairs one behind the other, one lies where a look at every second byte goes.
      for (const offset of [begin, begin + 1]) {
        const pair = pairOf(bytes[offset] as number, bytes[offset + 1] as number)
        this.marked[pair] = 1
        const known = this.byPair.get(pair)
        if (known === undefined) this.byPair.set(pair, [{ bytes, index, offset }])
        else known.push({ bytes, index, offset })
      }
    })
  }

  /** Whether any needle lies in `bytes[start, end)`. */
  isIn(bytes: Uint8Array, start: number, end: number): boolean {
    return this.nextFrom(bytes, start, end, start, undefined) >= 0
  }

  /** Every needle in `bytes[start, end)`; of several at one place all. */
  all(bytes: Uint8Array, start: number, end: number): ReadonlyArray<Found> {
    const found: Array<Found> = []
    for (let at = start; at >= 0; ) {
      const next = this.nextFrom(bytes, start, end, at, found)
      at = next < 0 ? -1 : next + 2
    }
    return found
  }

  /** The first pair from `from` on, by steps of two, that is of a needle there, which is added to `found`; -1 when none is. */
  private nextFrom(
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    found: Array<Found> | undefined
  ): number {
    const { marked, windows } = this
    const last = end - 1
    // No step waits for the one before it, which is what makes this quick.
    for (let at = from; at < last; at += 2) {
      const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] as number) | 0x2020
      if (marked[pair] === 0) continue
      const isWindow = windows[windowOf(bytes, at)] === 1 || (at > start && windows[windowOf(bytes, at - 1)] === 1)
      if (isWindow && this.standsAt(bytes, start, end, at, pair, found)) return at
    }
    return -1
  }

  private standsAt(
    bytes: Uint8Array,
    start: number,
    end: number,
    place: number,
    pair: number,
    found: Array<Found> | undefined
  ): boolean {
    let stands = false
    const candidates = this.byPair.get(pair) as ReadonlyArray<Needle>
    for (let i = 0; i < candidates.length; i++) {
      const { bytes: needle, index, offset } = candidates[i] as Needle
      const at = place - offset
      if (at < start || at + needle.length > end || !isEqual(needle, bytes, at)) continue
      if (found === undefined) return true
      found.push({ needle: index, at })
      stands = true
    }
    return stands
  }
}

/** Bytes behind the end count as none. */
const windowOf = (bytes: Uint8Array, at: number): number =>
  (fold(bytes[at] as number) * 961 + fold(bytes[at + 1] as number) * 31 + fold(bytes[at + 2] ?? 0)) & 65_535

const pairOf = (first: number, second: number): number => (first << 8) | second

const isEqual = (needle: Uint8Array, bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < needle.length; i++) if (fold(bytes[at + i] as number) !== needle[i]) return false
  return true
}

/** Where the window begins that is met least in other text. */
const rarestWindow = (text: string): number => {
  const frequencyAt = (at: number) => frequencies[text[at] as string] ?? 0.3
  const costAt = (at: number) => frequencyAt(at + 1) * (frequencyAt(at) + frequencyAt(at + 2))
  let best = 0
  for (let at = 1; at + window <= text.length; at++) if (costAt(at) < costAt(best)) best = at
  return best
}
