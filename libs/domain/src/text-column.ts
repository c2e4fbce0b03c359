// TextColumn: a text column of mostly distinct values, held as one byte arena with the extent of each row.
import { copyShort, shortBytes } from "./copy-short.ts"
import { decodeUtf8, encodeUtf8, varintLength, writeVarint } from "./utf8.ts"

const bytesPerRowGuess = 32

/**
 * Texts of one column of a batch. The arena is laid out as ClickHouse writes a String column (length as LEB128, then the
 * bytes), so that rows put in order and never replaced are written to a Native block by one copy (see `dense`).
 */
export class TextColumn {
  /** Position of each row's first byte in `arena`, behind its length prefix; meaningless where `length` is 0. */
  start: Uint32Array
  /** Bytes of each row's text; 0 for a row never put. */
  length: Uint32Array
  arena: Uint8Array
  /** Bytes of the arena in use. */
  used = 0
  private putRows = 0
  private inOrder = true

  constructor(capacity: number) {
    this.start = new Uint32Array(capacity)
    this.length = new Uint32Array(capacity)
    this.arena = new Uint8Array(Math.max(256, capacity * bytesPerRowGuess))
  }

  /** Sets the text of `row` to the bytes `source[start, end)`. */
  put(row: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length > shortBytes) {
      const at = this.reserve(row, length)
      this.arena.set(source.subarray(start, end), at)
      return
    }
    const at = this.used + 1
    if (at + length > this.arena.length) this.growArena(at + length)
    const arena = this.arena
    // A short text's length is a single byte.
    arena[at - 1] = length
    copyShort(source, start, end, arena, at)
    this.place(row, at, length)
  }

  /** Sets the text of `row`. */
  putText(row: number, text: string): void {
    const bytes = encodeUtf8(text)
    this.put(row, bytes, 0, bytes.length)
  }

  /**
   * Claims `length` bytes for the text of `row` and answers where they begin in `arena`; the caller writes them at once,
   * before any other call (the arena moves when it grows). For parsers that unescape while they copy.
   */
  reserve(row: number, length: number): number {
    const needed = this.used + varintLength(length) + length
    if (needed > this.arena.length) this.growArena(needed)
    const at = writeVarint(this.arena, this.used, length)
    this.place(row, at, length)
    return at
  }

  /**
   * Sets the texts of `count` rows from `row` on to those laid out as in the arena in `source[start, end)`, by one copy.
   * Throws RangeError when they do not fill it exactly.
   */
  putAll(row: number, count: number, source: Uint8Array, start: number, end: number): void {
    const needed = this.used + (end - start)
    if (needed > this.arena.length) this.growArena(needed)
    const { arena } = this
    arena.set(source.subarray(start, end), this.used)
    let at = this.used
    for (let i = row; i < row + count; i++) {
      let length = arena[at++] as number
      if (length > 0x7f) {
        length &= 0x7f
        let scale = 0x80
        for (let more = true; more && at < needed; scale *= 0x80) {
          const byte = arena[at++] as number
          length += (byte & 0x7f) * scale
          more = byte > 0x7f
        }
      }
      if (at + length > needed) throw new RangeError(`batch is damaged: the text of row ${i} breaks off`)
      this.start[i] = at
      this.length[i] = length
      at += length
    }
    if (at !== needed) throw new RangeError(`batch is damaged: ${needed - at} bytes of text belong to no row`)
    if (row !== this.putRows) this.inOrder = false
    this.putRows += count
    this.used = needed
  }

  /** Whether `arena[0, used)` is exactly the column of rows 0..rows-1 in ClickHouse's String layout. */
  dense(rows: number): boolean {
    return this.inOrder && this.putRows === rows
  }

  /** Text of a row; bytes that are no UTF-8 show as U+FFFD. */
  text(row: number): string {
    const start = this.start[row] as number
    return decodeUtf8(this.arena, start, start + (this.length[row] as number))
  }

  grow(capacity: number): void {
    this.start = grownUint32(this.start, capacity)
    this.length = grownUint32(this.length, capacity)
  }

  /** Forgets the texts of the first `rows` rows; keeps the arena. */
  reset(rows: number): void {
    this.length.fill(0, 0, rows)
    this.used = 0
    this.putRows = 0
    this.inOrder = true
  }

  private place(row: number, at: number, length: number): void {
    if (row !== this.putRows) this.inOrder = false
    this.putRows++
    this.start[row] = at
    this.length[row] = length
    this.used = at + length
  }

  private growArena(needed: number): void {
    const arena = new Uint8Array(Math.max(needed, Math.ceil(this.arena.length * 1.5)))
    arena.set(this.arena.subarray(0, this.used))
    this.arena = arena
  }
}

/** A copy of a typed array with room for `capacity` elements. */
export const grownUint32 = (source: Uint32Array, capacity: number): Uint32Array => {
  const target = new Uint32Array(capacity)
  target.set(source)
  return target
}
