// Native block: the kept rows of a batch as one block of ClickHouse's Native format for the table `logs`.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { PairList } from "@tailrace/domain/pair-list"
import { type ColumnKind, type RecordColumn, recordColumns } from "@tailrace/domain/record-columns"
import { NativeColumns } from "./native-columns.ts"

/** What every row of one insert has in common. */
export interface InsertStamp {
  /** Milliseconds since 1970, strictly increasing per partition, so that it names the batch. */
  readonly ingestedAt: number
  /** The life of the pipeline, a UInt32. */
  readonly attempt: number
}

/** What the rows of a block are called by, beside the columns of a record. */
const identity = [
  ["partition", "UInt16"],
  ["sequence", "UInt64"],
  ["row", "UInt32"],
  ["attempt", "UInt32"],
  ["ingested_at", "DateTime64(3)"]
] as const

const types: Readonly<Record<ColumnKind, string>> = {
  dictionary: "LowCardinality(String)",
  text: "String",
  pairs: "Map(LowCardinality(String), String)",
  time: "DateTime64(9)",
  number: "UInt8",
  flag: "Bool"
}

type BlockColumns = ReadonlyArray<readonly [name: string, type: string]>

/** Columns of a block in order; what is not listed takes its default in the table. */
export const blockColumnsOf = (columns: ReadonlyArray<RecordColumn>): BlockColumns => [
  ...identity,
  ...columns.map(({ column, kind }) => [column, types[kind]] as const)
]

/** Columns of the product's blocks. */
export const blockColumns = blockColumnsOf(recordColumns)

/** Writes blocks into buffers of its own, which the next block uses again: one writer per insert in flight. */
export class NativeBlockWriter {
  private readonly out = new NativeColumns()
  private rows = new Uint32Array(1024)
  private pairs = new Uint32Array(1024)
  private ends = new Float64Array(1024)
  private lastPairOfKey = new Uint32Array(64)
  private indices = new Uint32Array(0)

  /**
   * The block of the kept rows, in their order; empty when none is kept. The bytes are a view, valid until the next call.
   * Times outside 1970..2106 are moved to the nearer end, because the table sorts by hours of that range.
   */
  write(batch: LogBatch, stamp: InsertStamp): Uint8Array {
    const { out } = this
    out.used = 0
    const count = this.selectRows(batch)
    if (count === 0) return out.bytes.subarray(0, 0)
    out.varint(identity.length + batch.columns.length)
    out.varint(count)
    this.identity(batch, stamp, count)
    for (const column of batch.columns) {
      out.header(column.column, types[column.kind])
      this.column(batch, column, count)
    }
    return out.bytes.subarray(0, out.used)
  }

  private identity(batch: LogBatch, stamp: InsertStamp, count: number): void {
    const { out, rows } = this
    for (const [name, type] of identity) {
      out.header(name, type)
      if (name === "partition") out.constant(batch.partition, 2, count)
      else if (name === "sequence") out.uint64(batch.sequence, rows, count)
      else if (name === "row") out.uint32(batch.row, rows, count)
      else if (name === "attempt") out.constant(stamp.attempt, 4, count)
      else out.constant(stamp.ingestedAt, 8, count)
    }
  }

  private column(batch: LogBatch, { kind, name, parts }: RecordColumn, count: number): void {
    const { out, rows } = this
    switch (kind) {
      case "dictionary":
        out.dictionaryPrefix()
        out.dictionary(batch.dictionaryOf(name), rows, count)
        break
      case "text":
        out.strings(batch.textOf(name), rows, count, batch.length)
        break
      case "pairs":
        this.map(batch.pairsOf(name), count)
        break
      case "time": {
        const [millis = "", nanos = ""] = parts ?? []
        out.nanoseconds(batch.numbersOf(millis) as Float64Array, batch.numbersOf(nanos) as Uint32Array, rows, count)
        break
      }
      default:
        out.uint8(batch.numbersOf(name) as Uint8Array, rows, count)
    }
  }

  /** A map column: where each row's pairs end, then all keys, then all values. */
  private map(list: PairList, count: number): void {
    const { out } = this
    const pairs = this.linePairs(list, count)
    out.dictionaryPrefix()
    out.uint64(this.ends, this.everyIndex(count), count)
    out.dictionary(list.keys, this.pairs, pairs)
    out.strings(list.values, this.pairs, pairs, -1)
  }

  /** Lists the pairs of the kept rows in order. Of equal keys in one row the last stays, as everywhere in a batch. */
  private linePairs(list: PairList, count: number): number {
    if (this.pairs.length < list.count) this.pairs = new Uint32Array(list.count * 2)
    if (this.ends.length < count) this.ends = new Float64Array(this.rows.length)
    if (this.lastPairOfKey.length < list.keys.size) this.lastPairOfKey = new Uint32Array(list.keys.size * 2)
    const { first, next } = list
    const { codes } = list.keys
    const { rows, pairs, ends, lastPairOfKey } = this
    let lined = 0
    for (let i = 0; i < count; i++) {
      const begin = first[rows[i] as number] as number
      for (let pair = begin; pair !== 0; pair = next[pair - 1] as number) {
        lastPairOfKey[codes[pair - 1] as number] = pair
      }
      for (let pair = begin; pair !== 0; pair = next[pair - 1] as number) {
        if (lastPairOfKey[codes[pair - 1] as number] === pair) pairs[lined++] = pair - 1
      }
      ends[i] = lined
    }
    return lined
  }

  private selectRows(batch: LogBatch): number {
    if (this.rows.length < batch.length) this.rows = new Uint32Array(batch.length * 2)
    const { rows } = this
    const { selected, length } = batch
    let count = 0
    for (let row = 0; row < length; row++) if (selected[row] === 1) rows[count++] = row
    return count
  }

  /** 0, 1, 2 ... for columns that are already in the block's order. */
  private everyIndex(count: number): Uint32Array {
    if (this.indices.length < count) this.indices = Uint32Array.from({ length: count * 2 }, (_, index) => index)
    return this.indices
  }
}
