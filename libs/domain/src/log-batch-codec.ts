// LogBatch on the wire: columns as bytes, for durable hops and live tails. Kept rows only; accounts travel whole.
import { ByteReader, ByteWriter } from "./byte-writer.ts"
import type { DictionaryColumn } from "./dictionary-column.ts"
import type { FrameAccount } from "./frame-account.ts"
import { LogBatch } from "./log-batch.ts"
import type { PairList } from "./pair-list.ts"
import type { TextColumn } from "./text-column.ts"
import { decodeUtf8, encodeUtf8 } from "./utf8.ts"

const magic = encodeUtf8("TLB1")

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
  const pairs = batch.attributes.count + batch.resource.count
  // Just above what most batches take: texts, fixed columns, code and length of each pair, accounts and dictionaries.
  const guess = batch.byteLength + rows.length * fixedRowBytes + pairs * 8 + batch.frames.length * 160 + 16_384
  const writer = new ByteWriter(guess)
  writer.bytes(magic)
  writer.varint(batch.partition)
  writer.varint(rows.length)
  const accounts = encodeUtf8(JSON.stringify(batch.frames.slice(range.from, range.to).map(accountToJson)))
  writer.varint(accounts.length)
  writer.bytes(accounts)
  const all = rows.length === batch.length
  for (const column of typedColumns(batch)) {
    if (column === batch.frame && range.from > 0) {
      writer.elements(
        gathered(column, rows).map((frame) => frame - range.from),
        rows.length
      )
    } else if (all) writer.elements(column, rows.length)
    else writer.elements(gathered(column, rows), rows.length)
  }
  for (const column of dictionaryColumns(batch))
    writeDictionary(writer, column, all ? column.codes : gathered(column.codes, rows), rows.length)
  for (const column of textColumns(batch)) writeText(writer, column, rows)
  for (const list of pairLists(batch)) writePairs(writer, list, rows)
  return writer.finish()
}

/**
 * The batch that `encodeBatch` wrote, every row kept. Rows are put into `into` when given (it is reset first and must be
 * of the same partition). Throws RangeError when the bytes are no batch or break off.
 */
export const decodeBatch = (bytes: Uint8Array, into?: LogBatch): LogBatch => {
  const reader = new ByteReader(bytes)
  const start = reader.bytes(magic.length)
  if (!magic.every((byte, i) => byte === start[i]))
    throw new RangeError("these bytes are no batch: they do not begin with TLB1")
  const partition = reader.varint()
  const rows = reader.varint()
  if (rows * fixedRowBytes > reader.remaining)
    throw new RangeError(`batch breaks off: ${rows} rows announced, ${reader.remaining} bytes left`)
  const reusable = into !== undefined && into.partition === partition && into.capacity >= rows
  const batch = reusable ? into : new LogBatch(partition, Math.max(16, rows))
  batch.reset()
  const accounts: ReadonlyArray<AccountJson> = JSON.parse(utf8(reader.bytes(reader.varint())))
  for (const account of accounts) batch.frames.push(accountFromJson(account))
  batch.length = rows
  batch.keptCount = rows
  for (const column of typedColumns(batch)) reader.elements(column, rows)
  batch.selected.fill(1, 0, rows)
  for (const column of dictionaryColumns(batch)) readDictionary(reader, column, rows)
  for (const column of textColumns(batch)) readText(reader, column, rows)
  for (const list of pairLists(batch)) readPairs(reader, list, rows)
  return batch
}

type TypedColumn = Uint8Array | Uint32Array | Float64Array

const typedColumns = (batch: LogBatch): ReadonlyArray<TypedColumn> => [
  batch.sequence,
  batch.row,
  batch.frame,
  batch.timeMillis,
  batch.timeNanos,
  batch.observedMillis,
  batch.observedNanos,
  batch.severityNumber,
  batch.parsed
]
/** Bytes that every row takes at least: the typed columns above, five codes, three text lengths, two pair counts. */
const fixedRowBytes = 8 + 4 + 4 + 8 + 4 + 8 + 4 + 1 + 1 + 5 * 4 + 3 * 4 + 2 * 4

const dictionaryColumns = (batch: LogBatch): ReadonlyArray<DictionaryColumn> => [
  batch.severity,
  batch.service,
  batch.host,
  batch.source,
  batch.tenant
]
const textColumns = (batch: LogBatch): ReadonlyArray<TextColumn> => [batch.body, batch.traceId, batch.spanId]
const pairLists = (batch: LogBatch): ReadonlyArray<PairList> => [batch.attributes, batch.resource]

const keptRows = (batch: LogBatch, range: FrameRange): Uint32Array => {
  const rows = new Uint32Array(batch.keptCount)
  let next = 0
  for (let row = 0; row < batch.length; row++) {
    const frame = batch.frame[row] as number
    if (batch.selected[row] === 1 && frame >= range.from && frame < range.to) rows[next++] = row
  }
  return rows.subarray(0, next)
}

const gathered = <A extends TypedColumn>(source: A, rows: Uint32Array): A => {
  const target = new (source.constructor as new (length: number) => A)(rows.length)
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] as number] as number
  return target
}

const writeDictionary = (writer: ByteWriter, column: DictionaryColumn, codes: Uint32Array, rows: number): void => {
  writer.varint(column.size)
  for (let code = 1; code < column.size; code++) {
    writer.varint(column.bytes(code).length)
    writer.bytes(column.bytes(code))
  }
  writer.elements(codes, rows)
}

const readDictionary = (reader: ByteReader, column: DictionaryColumn, rows: number): void => {
  const size = reader.varint()
  const codes = new Uint32Array(size)
  for (let code = 1; code < size; code++) {
    const entry = reader.bytes(reader.varint())
    codes[code] = column.intern(entry, 0, entry.length)
  }
  reader.elements(column.codes, rows)
  for (let row = 0; row < rows; row++) {
    const code = codes[column.codes[row] as number]
    if (code === undefined)
      throw new RangeError(`batch is damaged: row ${row} names dictionary entry ${column.codes[row]} of ${size}`)
    column.codes[row] = code
  }
}

const writeText = (writer: ByteWriter, column: TextColumn, rows: Uint32Array): void => {
  writer.elements(gathered(column.length, rows), rows.length)
  for (let i = 0; i < rows.length; i++) {
    const start = column.start[rows[i] as number] as number
    writer.slice(column.arena, start, start + (column.length[rows[i] as number] as number))
  }
}

const readText = (reader: ByteReader, column: TextColumn, rows: number): void => {
  const lengths = new Uint32Array(rows)
  reader.elements(lengths, rows)
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] as number
    const start = reader.skip(length)
    column.put(row, reader.source, start, start + length)
  }
}

const writePairs = (writer: ByteWriter, list: PairList, rows: Uint32Array): void => {
  const counts = new Uint32Array(rows.length)
  const pairs = new Uint32Array(list.count)
  let found = 0
  for (let i = 0; i < rows.length; i++) {
    const before = found
    for (let pair = list.first[rows[i] as number] as number; pair !== 0; pair = list.next[pair - 1] as number)
      pairs[found++] = pair - 1
    counts[i] = found - before
  }
  const kept = pairs.subarray(0, found)
  writer.elements(counts, rows.length)
  writer.varint(kept.length)
  writeDictionary(writer, list.keys, gathered(list.keys.codes, kept), kept.length)
  writeText(writer, list.values, kept)
}

const readPairs = (reader: ByteReader, list: PairList, rows: number): void => {
  const counts = new Uint32Array(rows)
  reader.elements(counts, rows)
  const pairs = reader.varint()
  if (pairs * 8 > reader.remaining)
    throw new RangeError(`batch breaks off: ${pairs} pairs announced, ${reader.remaining} bytes left`)
  let total = 0
  for (let row = 0; row < rows; row++) {
    total += counts[row] as number
    if (total > pairs) throw new RangeError(`batch is damaged: its rows name more than ${pairs} pairs`)
    for (let i = counts[row] as number; i > 0; i--) list.link(row, 0)
  }
  if (total !== pairs) throw new RangeError(`batch is damaged: its rows name ${total} of ${pairs} pairs`)
  readDictionary(reader, list.keys, pairs)
  readText(reader, list.values, pairs)
}

const utf8 = (bytes: Uint8Array): string => decodeUtf8(bytes, 0, bytes.length)

interface AccountJson extends Omit<FrameAccount, "dropped" | "rejected"> {
  readonly dropped: ReadonlyArray<readonly [string, number]>
  readonly rejected: ReadonlyArray<readonly [string, number]>
}
const accountToJson = (account: FrameAccount): AccountJson => ({
  ...account,
  dropped: [...account.dropped],
  rejected: [...account.rejected]
})
const accountFromJson = (account: AccountJson): FrameAccount => ({
  ...account,
  dropped: new Map(account.dropped),
  rejected: new Map(account.rejected)
})
