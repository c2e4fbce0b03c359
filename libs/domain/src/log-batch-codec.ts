// LogBatch on the wire: columns as bytes, for durable hops and live tails. Kept rows only; accounts travel whole.
import { type AccountJson, accountFromJson, accountToJson } from "./account-json.ts"
import { ByteReader, ByteWriter } from "./byte-writer.ts"
import type { DictionaryColumn } from "./dictionary-column.ts"
import type { FrameAccount } from "./frame-account.ts"
import { gathered, readNumbers, writeNumbers } from "./integer-run.ts"
import { LogBatch } from "./log-batch.ts"
import type { PairList } from "./pair-list.ts"
import { grownUint32, type TextColumn } from "./text-column.ts"
import { decodeUtf8, encodeUtf8, varintLength } from "./utf8.ts"
import { wireOrderOf } from "./wire-order.ts"

const magic = encodeUtf8("TLB2")

/** Rows of a batch above which nobody encoded it: a few bytes may claim any number, and room is made before they are read. */
const mostRows = 4_194_304

/** Frames `from` to `to` (exclusive) of a batch, by their index. */
export interface FrameRange {
  readonly from: number
  readonly to: number
}

/**
 * Bytes of the kept rows and of all accounts, or of those of some frames only. The result is the caller's: no later call
 * writes to it.
 */
export const encodeBatch = (batch: LogBatch, range: FrameRange = { from: 0, to: batch.frames.length }): Uint8Array => {
  const rows = keptRows(batch, range)
  const count = rows?.length ?? batch.length
  const share = rows === undefined ? 1 : Math.min(1, (1.05 * count) / batch.length)
  // Just above what most batches take: texts, numbers, code and length of each pair, accounts and dictionaries.
  const texts = share * (batch.byteLength + (batch.attributes.count + batch.resource.count) * 2)
  const writer = new ByteWriter(Math.ceil(texts) + count * fewRowBytes + (range.to - range.from) * 160 + 16_384)
  writer.bytes(magic)
  writer.varint(batch.partition)
  writer.varint(count)
  const accounts = encodeUtf8(JSON.stringify(batch.frames.slice(range.from, range.to).map(accountToJson)))
  writer.varint(accounts.length)
  writer.bytes(accounts)
  const frames = rows === undefined ? batch.frame : gathered(batch.frame, rows)
  if (range.from > 0) for (let i = 0; i < count; i++) frames[i] = (frames[i] as number) - range.from
  writeNumbers(writer, frames, count, undefined)
  writeNumbers(writer, batch.row, count, rows)
  for (const { dictionaries, numbers, pairs, texts } of wireOrderOf(batch.columns)) {
    for (const name of numbers) writeNumbers(writer, batch.numbersOf(name), count, rows)
    for (const name of dictionaries) writeDictionary(writer, batch.dictionaryOf(name), count, rows)
    for (const name of texts) writeTexts(writer, batch.textOf(name), count, rows)
    for (const name of pairs) writePairs(writer, batch.pairsOf(name), count, rows)
  }
  return writer.finish()
}

/** What `encodeBatch` wrote, read as far as its accounts. */
export class EncodedBatch {
  readonly partition: number
  readonly rows: number
  private readonly accounts: Uint8Array
  private readonly reader: ByteReader
  private read: ReadonlyArray<FrameAccount> | undefined

  /** Throws RangeError when the bytes are no batch or break off. */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes)
    const start = reader.bytes(magic.length)
    if (!magic.every((byte, i) => byte === start[i]))
      throw new RangeError("these bytes are no batch: they do not begin with TLB2")
    this.partition = reader.varint()
    this.rows = reader.varint()
    this.accounts = reader.bytes(reader.varint())
    this.reader = reader
  }

  get frames(): ReadonlyArray<FrameAccount> {
    if (this.read !== undefined) return this.read
    const accounts: ReadonlyArray<AccountJson> = JSON.parse(utf8(this.accounts))
    const received = accounts.reduce((sum, account) => sum + account.received, 0)
    if (this.rows > received)
      throw new RangeError(`batch is damaged: ${this.rows} rows where its frames had ${received}`)
    this.read = accounts.map(accountFromJson)
    return this.read
  }

  /**
   * Appends its frames and rows to a batch of the same partition that ends before them. To be called once. Throws
   * RangeError when the bytes break off or contradict themselves; the batch is to be thrown away then.
   */
  appendTo(batch: LogBatch): void {
    const { frames, reader, rows } = this
    if (batch.partition !== this.partition)
      throw new RangeError(`a batch of partition ${this.partition} cannot join one of partition ${batch.partition}`)
    const before = batch.frames.length
    const at = batch.appendFrames(frames, rows)
    readNumbers(reader, batch.frame, at, rows)
    for (let row = at; row < at + rows; row++) {
      const frame = frames[batch.frame[row] as number]
      if (frame === undefined)
        throw new RangeError(`batch is damaged: row ${row - at} names frame ${batch.frame[row]} of ${frames.length}`)
      batch.sequence[row] = frame.sequence
      batch.frame[row] = (batch.frame[row] as number) + before
    }
    readNumbers(reader, batch.row, at, rows)
    for (const [i, { dictionaries, numbers, pairs, texts }] of wireOrderOf(batch.columns).entries()) {
      // Written before the column was there: its rows do not have it.
      if (i > 0 && reader.remaining === 0) return
      for (const name of numbers) readNumbers(reader, batch.numbersOf(name), at, rows)
      for (const name of dictionaries) readDictionary(reader, batch.dictionaryOf(name), at, rows)
      for (const name of texts) readTexts(reader, batch.textOf(name), at, rows)
      for (const name of pairs) readPairs(reader, batch.pairsOf(name), at, rows)
    }
  }
}

/**
 * The batch that `encodeBatch` wrote, every row kept. Rows are put into `into` when given, which is
 * emptied first and then of their partition. Throws RangeError when the bytes are no batch or break off.
 */
export const decodeBatch = (bytes: Uint8Array, into?: LogBatch): LogBatch => {
  const encoded = new EncodedBatch(bytes)
  const { partition, rows } = encoded
  if (rows > mostRows) throw new RangeError(`batch claims ${rows} rows, at most ${mostRows} may be`)
  const batch = into ?? LogBatch.make({ partition, rowCapacity: Math.max(16, rows) })
  batch.reset()
  batch.partition = partition
  encoded.appendTo(batch)
  return batch
}

/** Bytes a row takes at most where numbers of a batch lie close together: its columns, codes, lengths, counts. */
const fewRowBytes = 32

/** The kept rows of some frames; undefined when these are all rows there are. */
const keptRows = (batch: LogBatch, range: FrameRange): Uint32Array | undefined => {
  const first = firstRowOf(batch, range.from)
  const end = firstRowOf(batch, range.to)
  let count = 0
  for (let row = first; row < end; row++) count += batch.selected[row] as number
  if (count === batch.length && range.from === 0) return undefined
  const rows = new Uint32Array(count)
  let next = 0
  for (let row = first; row < end; row++) if (batch.selected[row] === 1) rows[next++] = row
  return rows
}

/** First row of a frame, by its index, or of those behind it. */
const firstRowOf = (batch: LogBatch, frame: number): number => {
  let low = 0
  let high = batch.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((batch.frame[middle] as number) < frame) low = middle + 1
    else high = middle
  }
  return low
}

const writeDictionary = (
  writer: ByteWriter,
  column: DictionaryColumn,
  count: number,
  rows: Uint32Array | undefined
): void => {
  writer.varint(column.size)
  for (let code = 1; code < column.size; code++) {
    writer.varint(column.bytes(code).length)
    writer.bytes(column.bytes(code))
  }
  writeNumbers(writer, column.codes, count, rows)
}

const readDictionary = (reader: ByteReader, column: DictionaryColumn, at: number, count: number): void => {
  const size = reader.varint()
  if (size > reader.remaining) throw new RangeError(`batch breaks off: a dictionary of ${size} entries announced`)
  const codes = new Uint32Array(size)
  let same = true
  for (let code = 1; code < size; code++) {
    const entry = reader.bytes(reader.varint())
    codes[code] = column.intern(entry, 0, entry.length)
    same &&= codes[code] === code
  }
  readNumbers(reader, column.codes, at, count)
  for (let row = at; row < at + count; row++) {
    const code = column.codes[row] as number
    if (code >= size)
      throw new RangeError(`batch is damaged: row ${row - at} names dictionary entry ${code} of ${size}`)
    if (!same) column.codes[row] = codes[code] as number
  }
}

/** Texts as they lie in an arena, behind their bytes; 0 bytes where all are empty. */
const writeTexts = (writer: ByteWriter, column: TextColumn, count: number, rows: Uint32Array | undefined): void => {
  const { arena, length, start } = column
  if (column.used === 0 || count === 0) {
    writer.varint(0)
    return
  }
  if (rows === undefined && column.dense(count)) {
    writer.varint(column.used)
    writer.slice(arena, 0, column.used)
    return
  }
  let bytes = 0
  for (let i = 0; i < count; i++) {
    const size = length[rows === undefined ? i : (rows[i] as number)] as number
    bytes += varintLength(size) + size
  }
  writer.varint(bytes)
  // Neighbours in the arena go in one copy, with the lengths before them.
  let from = 0
  let to = 0
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : (rows[i] as number)
    const size = length[row] as number
    if (size === 0) {
      writer.slice(arena, from, to)
      from = to = 0
      writer.varint(0)
      continue
    }
    const begin = (start[row] as number) - varintLength(size)
    if (begin !== to || to === 0) {
      writer.slice(arena, from, to)
      from = begin
    }
    to = (start[row] as number) + size
  }
  writer.slice(arena, from, to)
}

const readTexts = (reader: ByteReader, column: TextColumn, at: number, count: number): void => {
  const bytes = reader.varint()
  if (bytes === 0) return
  const start = reader.skip(bytes)
  column.putAll(at, count, reader.source, start, start + bytes)
}

const writePairs = (writer: ByteWriter, list: PairList, count: number, rows: Uint32Array | undefined): void => {
  const counts = new Uint32Array(count)
  let pairs: Uint32Array = new Uint32Array(rows === undefined ? list.count : Math.min(list.count, count * 8))
  let found = 0
  let inOrder = true
  for (let i = 0; i < count; i++) {
    const before = found
    let pair = list.first[rows === undefined ? i : (rows[i] as number)] as number
    for (; pair !== 0; pair = list.next[pair - 1] as number) {
      inOrder &&= pair - 1 === found
      if (found === pairs.length) pairs = grownUint32(pairs, Math.max(16, found * 2))
      pairs[found++] = pair - 1
    }
    counts[i] = found - before
  }
  const chosen = inOrder && found === list.count ? undefined : pairs.subarray(0, found)
  writeNumbers(writer, counts, count, undefined)
  writer.varint(found)
  writeDictionary(writer, list.keys, found, chosen)
  writeTexts(writer, list.values, found, chosen)
}

const readPairs = (reader: ByteReader, list: PairList, at: number, rows: number): void => {
  const counts = new Uint32Array(rows)
  readNumbers(reader, counts, 0, rows)
  const pairs = reader.varint()
  let total = 0
  for (let row = 0; row < rows; row++) total += counts[row] as number
  if (total !== pairs) throw new RangeError(`batch is damaged: its rows name ${total} of ${pairs} pairs`)
  const first = list.count
  for (let row = 0; row < rows; row++) list.linkAll(at + row, counts[row] as number)
  readDictionary(reader, list.keys, first, pairs)
  readTexts(reader, list.values, first, pairs)
}

const utf8 = (bytes: Uint8Array): string => decodeUtf8(bytes, 0, bytes.length)
