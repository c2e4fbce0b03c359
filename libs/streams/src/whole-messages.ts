// Whole messages: cuts what a socket reads from the broker at the ends of messages, so that no message is put together twice.

/** Messages of a stream of frames lie in slabs this large, a dozen or two in each. */
const slabBytes = 1 << 20
/** Small messages lie in small slabs, because who keeps a message keeps its slab. */
const smallSlabBytes = 1 << 16
const largeMessage = 8_192
const newline = 10
/** Slabs kept for further use, by all connections together. */
const mostSpare = 16

interface Slab {
  readonly bytes: Uint8Array
  /** Messages handed on, and how many of them were let go. */
  handedOn: number
  released: number
  /** Whether no more messages will be put into it. */
  full: boolean
}

const slabs = new WeakMap<ArrayBufferLike, Slab>()
const spare: Array<Slab> = []

/**
 * Says that nobody looks at a message's bytes any more; to be called once for it, or never. A slab whose messages were
 * all let go is filled again, any other is left to the garbage collector.
 */
export const releaseMessage = (data: Uint8Array): void => {
  const slab = slabs.get(data.buffer)
  if (slab === undefined) return
  slab.released++
  recycle(slab)
}

const recycle = (slab: Slab): void => {
  if (!slab.full || slab.released !== slab.handedOn) return
  if (slab.bytes.length === slabBytes && spare.length < mostSpare) spare.push(slab)
}

const makeSlab = (bytes: number): Slab => {
  const slab: Slab = (bytes === slabBytes ? spare.pop() : undefined) ?? {
    bytes: new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer),
    handedOn: 0,
    released: 0,
    full: false
  }
  slab.handedOn = slab.released = 0
  slab.full = false
  slabs.set(slab.bytes.buffer, slab)
  return slab
}

/**
 * The client's parser hands on a message that lies whole in what it is given as a view, and puts one that does not
 * together in a buffer that doubles while it grows. So bytes are held back here until the message they belong to is
 * whole. A message lives in a slab with its neighbours; nothing is written to a byte that was handed on before all
 * messages of its slab are released.
 */
export class WholeMessages {
  #slab = makeSlab(0)
  /** First byte not handed on, first byte of the message at hand, and behind the last byte received. */
  #begin = 0
  #start = 0
  #end = 0
  /** Where the message at hand ends; -1 before its control line is whole, whose newline is looked for from `#looked`. */
  #messageEnd = -1
  #looked = 0
  #lastBytes = 0

  /** Takes in bytes, which the caller may overwrite afterwards; answers all that is whole now, or undefined. */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    this.#makeRoom(bytes.length)
    this.#slab.bytes.set(bytes, this.#end)
    this.#end += bytes.length
    while (this.#isWhole()) {
      // A control line without a payload is no message, whatever it says.
      if (this.#messageEnd > this.#looked + 1) this.#slab.handedOn++
      this.#lastBytes = this.#messageEnd - this.#start
      this.#start = this.#looked = this.#messageEnd
      this.#messageEnd = -1
    }
    if (this.#start === this.#begin) return undefined
    const whole = this.#slab.bytes.subarray(this.#begin, this.#start)
    this.#begin = this.#start
    return whole
  }

  #isWhole(): boolean {
    if (this.#messageEnd < 0) {
      const { bytes } = this.#slab
      let at = this.#looked
      while (at < this.#end && bytes[at] !== newline) at++
      this.#looked = at
      if (at === this.#end) return false
      this.#messageEnd = at + 1 + this.#payloadBytes(at)
    }
    return this.#messageEnd <= this.#end
  }

  /** Bytes behind the control line whose newline is at `at`: MSG and HMSG end in the size of their payload. */
  #payloadBytes(at: number): number {
    const { bytes } = this.#slab
    const first = (bytes[this.#start] as number) | 32
    if (first !== 109 && first !== 104) return 0
    let position = bytes[at - 1] === 13 ? at - 2 : at - 1
    let size = 0
    for (let scale = 1; position > this.#start; scale *= 10) {
      const digit = (bytes[position--] as number) - 48
      if (digit < 0 || digit > 9) break
      size += digit * scale
    }
    return size + 2
  }

  /** Moves what was not handed on to another slab when the rest of this one is too small. */
  #makeRoom(length: number): void {
    const before = this.#slab
    if (this.#end + length <= before.bytes.length) return
    const held = this.#end - this.#begin
    const known = Math.max(this.#lastBytes, this.#messageEnd - this.#start, length)
    const usual = known < largeMessage ? smallSlabBytes : slabBytes
    const needed = Math.max(held + length, this.#messageEnd - this.#begin)
    // Half as much again for a control line that does not end, so that moving it stays cheap.
    this.#slab = makeSlab(Math.max(usual, Math.ceil(needed * 1.5)))
    this.#slab.bytes.set(before.bytes.subarray(this.#begin, this.#end))
    before.full = true
    recycle(before)
    this.#start -= this.#begin
    this.#looked -= this.#begin
    if (this.#messageEnd >= 0) this.#messageEnd -= this.#begin
    this.#end = held
    this.#begin = 0
  }
}
