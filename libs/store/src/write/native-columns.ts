// Native columns: how single columns of ClickHouse's Native format are laid down in one growing buffer.
import type { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import type { TextColumn } from "@tailrace/domain/text-column"
import { encodeUtf8, varintLength, writeVarint } from "@tailrace/domain/utf8"

/** Flags of a LowCardinality block whose keys travel with it: HasAdditionalKeys and NeedUpdateDictionary. */
const ownKeys = 0x600
const initialBytes = 1 << 16
const shortCopy = 48
const twoTo24 = 2 ** 24
const twoTo32 = 2 ** 32

/**
 * A byte buffer that grows by doubling and is used again for the next block. Numbers are little-endian, as the format
 * wants and as every supported machine has them, so typed arrays are copied as they lie in memory.
 */
export class NativeColumns {
  bytes = new Uint8Array(initialBytes)
  used = 0
  /** Room for one column of 8-byte numbers, as pairs of 32-bit halves. */
  private halves = new Uint32Array(2048)
  private narrow = new Uint32Array(1024)

  /** Column header: name and type. */
  header(name: string, type: string): void {
    this.text(name)
    this.text(type)
  }

  text(text: string): void {
    this.string(encodeUtf8(text))
  }

  string(value: Uint8Array): void {
    this.ensure(value.length + 5)
    this.used = writeVarint(this.bytes, this.used, value.length)
    this.bytes.set(value, this.used)
    this.used += value.length
  }

  varint(value: number): void {
    this.ensure(5)
    this.used = writeVarint(this.bytes, this.used, value)
  }

  /** UInt8 of the listed rows. */
  uint8(source: Uint8Array, rows: Uint32Array, count: number): void {
    this.ensure(count)
    const { bytes, used } = this
    for (let i = 0; i < count; i++) bytes[used + i] = source[rows[i] as number] as number
    this.used = used + count
  }

  /** UInt32 of the listed rows. */
  uint32(source: Uint32Array, rows: Uint32Array, count: number): void {
    const narrow = this.narrowRoom(count)
    for (let i = 0; i < count; i++) narrow[i] = source[rows[i] as number] as number
    this.copy(narrow, count * 4)
  }

  /** UInt64 of the listed rows, given as integers below 2^53. */
  uint64(source: Float64Array, rows: Uint32Array, count: number): void {
    const halves = this.halvesRoom(count)
    for (let i = 0; i < count; i++) {
      const value = source[rows[i] as number] as number
      halves[2 * i] = value
      halves[2 * i + 1] = value / twoTo32
    }
    this.copy(halves, count * 8)
  }

  /**
   * DateTime64(9) of the listed rows, exact without BigInt: milliseconds are split at bit 24, so both products with
   * 10^6 stay below 2^53.
   */
  nanoseconds(millis: Float64Array, nanos: Uint32Array, rows: Uint32Array, count: number): void {
    const halves = this.halvesRoom(count)
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number
      const milli = sortableMillis(millis[row] as number)
      const high = Math.floor(milli / twoTo24)
      const upper = high * 1_000_000
      const carry = Math.floor(upper / 256)
      const lower = (milli - high * twoTo24) * 1_000_000 + (nanos[row] as number) + (upper - carry * 256) * twoTo24
      halves[2 * i] = lower
      halves[2 * i + 1] = carry + Math.floor(lower / twoTo32)
    }
    this.copy(halves, count * 8)
  }

  /** One little-endian value of `width` bytes, repeated for every row. */
  constant(value: number, width: number, count: number): void {
    const total = width * count
    this.ensure(total)
    const { bytes, used } = this
    if (count === 0) return
    let rest = value
    for (let k = 0; k < width; k++) {
      bytes[used + k] = rest % 256
      rest = Math.floor(rest / 256)
    }
    for (let filled = width; filled < total; filled *= 2) {
      bytes.copyWithin(used + filled, used, used + Math.min(filled, total - filled))
    }
    this.used = used + total
  }

  /** String of the listed rows of a column of `all` rows (-1: not to be taken whole). Neighbours in the arena go in one copy. */
  strings(column: TextColumn, rows: Uint32Array, count: number, all: number): void {
    if (column.used === 0) this.constant(0, 1, count)
    else if (count === all && column.dense(all)) this.slice(column.arena, 0, column.used)
    else this.runsOf(column, rows, count)
  }

  private runsOf(column: TextColumn, rows: Uint32Array, count: number): void {
    const { start, length, arena } = column
    let from = 0
    let to = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number
      const size = length[row] as number
      if (size === 0) {
        this.slice(arena, from, to)
        from = to = 0
        this.varint(0)
        continue
      }
      const begin = (start[row] as number) - varintLength(size)
      if (begin !== to || to === 0) {
        this.slice(arena, from, to)
        from = begin
      }
      to = (start[row] as number) + size
    }
    this.slice(arena, from, to)
  }

  /** The version word that precedes a LowCardinality column or a column that contains one. */
  dictionaryPrefix(): void {
    this.word(1)
  }

  /** LowCardinality(String) of the listed places: the whole dictionary, then a code per place. Nothing for no places. */
  dictionary(column: DictionaryColumn, places: Uint32Array, count: number): void {
    if (count === 0) return
    const width = column.size <= 0x100 ? 1 : column.size <= 0x10000 ? 2 : 4
    this.word(ownKeys | (width === 1 ? 0 : width === 2 ? 1 : 2))
    this.word(column.size)
    for (let code = 0; code < column.size; code++) this.string(column.bytes(code))
    this.word(count)
    this.ensure(count * width)
    const { codes } = column
    const { bytes } = this
    let at = this.used
    for (let i = 0; i < count; i++) {
      const code = codes[places[i] as number] as number
      bytes[at++] = code
      if (width > 1) bytes[at++] = code >>> 8
      if (width > 2) {
        bytes[at++] = code >>> 16
        bytes[at++] = code >>> 24
      }
    }
    this.used = at
  }

  /** One UInt64 below 2^53. */
  word(value: number): void {
    this.constant(value, 8, 1)
  }

  private slice(source: Uint8Array, from: number, to: number): void {
    const size = to - from
    if (size === 0) return
    this.ensure(size)
    const { bytes, used } = this
    // A view costs more than copying a short text byte by byte.
    if (size < shortCopy) for (let i = 0; i < size; i++) bytes[used + i] = source[from + i] as number
    else bytes.set(source.subarray(from, to), used)
    this.used = used + size
  }

  private copy(source: Uint32Array, byteLength: number): void {
    this.ensure(byteLength)
    this.bytes.set(new Uint8Array(source.buffer, source.byteOffset, byteLength), this.used)
    this.used += byteLength
  }

  private ensure(more: number): void {
    const needed = this.used + more
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }

  private halvesRoom(count: number): Uint32Array {
    if (this.halves.length < count * 2) this.halves = new Uint32Array(Math.max(count * 2, this.halves.length * 2))
    return this.halves
  }

  private narrowRoom(count: number): Uint32Array {
    if (this.narrow.length < count) this.narrow = new Uint32Array(Math.max(count, this.narrow.length * 2))
    return this.narrow
  }
}

/** Last millisecond whose hour fits ClickHouse's DateTime, 2106-02-07T06:28:15.999Z. */
export const lastSortableMillis = 4_294_967_295_999

/** Keeps a time inside the range that the sort key can order; beyond it hours wrap and a search would miss the row. */
const sortableMillis = (millis: number): number => (millis < 0 ? 0 : Math.min(millis, lastSortableMillis))
