// ByteWriter and ByteReader: the growing target and the checked source of a batch's wire form.
import { copyShort, shortBytes } from "./copy-short.ts"
import { varintLength, writeVarint } from "./utf8.ts"

export class ByteWriter {
  private target: Uint8Array
  private used = 0

  constructor(capacity: number) {
    this.target = new Uint8Array(capacity)
  }

  varint(value: number): void {
    this.ensure(varintLength(value))
    this.used = writeVarint(this.target, this.used, value)
  }

  bytes(source: Uint8Array): void {
    this.ensure(source.length)
    this.target.set(source, this.used)
    this.used += source.length
  }

  /** The bytes `source[start, end)`; short ones without the view that a block copy needs. */
  slice(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.ensure(length)
    if (length > shortBytes) this.target.set(source.subarray(start, end), this.used)
    else copyShort(source, start, end, this.target, this.used)
    this.used += length
  }

  /** The bytes of the first `count` elements of a typed array, in the machine's (little-endian) order. */
  elements(source: Uint8Array | Uint16Array | Uint32Array | Float64Array, count: number): void {
    this.bytes(new Uint8Array(source.buffer, source.byteOffset, count * source.BYTES_PER_ELEMENT))
  }

  /** What was written, as a view of the writer's buffer: take it once, at the end. */
  finish(): Uint8Array {
    return this.target.subarray(0, this.used)
  }

  private ensure(more: number): void {
    const needed = this.used + more
    if (needed <= this.target.length) return
    const target = new Uint8Array(Math.max(needed, this.target.length * 2))
    target.set(this.target.subarray(0, this.used))
    this.target = target
  }
}

/** Reads what ByteWriter wrote; throws RangeError when the source breaks off or claims more than it holds. */
export class ByteReader {
  readonly source: Uint8Array
  private position = 0

  constructor(source: Uint8Array) {
    this.source = source
  }

  get remaining(): number {
    return this.source.length - this.position
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 5; i++) {
      const byte = this.source[this.position++]
      if (byte === undefined) break
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new RangeError(`batch breaks off at byte ${this.position}: an unfinished integer`)
  }

  bytes(length: number): Uint8Array {
    const start = this.skip(length)
    return this.source.subarray(start, start + length)
  }

  /** Steps over `length` bytes; answers where they begin in `source`. */
  skip(length: number): number {
    if (length > this.remaining) {
      throw new RangeError(
        `batch breaks off at byte ${this.position}: ${length} bytes announced, ${this.remaining} left`
      )
    }
    const start = this.position
    this.position += length
    return start
  }

  /** Fills the first `count` elements of a typed array. */
  elements(target: Uint8Array | Uint16Array | Uint32Array | Float64Array, count: number): void {
    new Uint8Array(target.buffer, target.byteOffset, count * target.BYTES_PER_ELEMENT).set(
      this.bytes(count * target.BYTES_PER_ELEMENT)
    )
  }
}
