// Native block: the kept rows of a batch as one block of ClickHouse's Native format for the table `logs`.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { PairList } from "@tailrace/domain/pair-list"
import { NativeColumns } from "./native-columns.ts"

/** What every row of one insert has in common. */
export interface InsertStamp {
  /** Milliseconds since 1970, strictly increasing per partition, so that it names the batch. */
  readonly ingestedAt: number
  /** The life of the pipeline, a UInt32. */
  readonly attempt: number
}

const lowCardinality = "LowCardinality(String)"
const map = "Map(LowCardinality(String), String)"

/** Columns of the block in order; what is not listed takes its default in the table. */
export const blockColumns = [
  ["tenant", lowCardinality],
  ["partition", "UInt16"],
  ["sequence", "UInt64"],
  ["row", "UInt32"],
  ["attempt", "UInt32"],
  ["ingested_at", "DateTime64(3)"],
  ["timestamp", "DateTime64(9)"],
  ["observed_at", "DateTime64(9)"],
  ["severity_number", "UInt8"],
  ["severity", lowCardinality],
  ["service", lowCardinality],
  ["host", lowCardinality],
  ["source", lowCardinality],
  ["trace_id", "String"],
  ["span_id", "String"],
  ["body", "String"],
  ["parsed", "Bool"],
  ["attributes", map],
  ["resource", map]
] as const

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
    const { rows } = this
    out.varint(blockColumns.length)
    out.varint(count)
    for (const [name, type] of blockColumns) {
      out.header(name, type)
      switch (name) {
        case "tenant":
        case "severity":
        case "service":
        case "host":
        case "source":
          out.dictionaryPrefix()
          out.dictionary(batch[name], rows, count)
          break
        case "partition":
          out.constant(batch.partition, 2, count)
          break
        case "sequence":
          out.uint64(batch.sequence, rows, count)
          break
        case "row":
          out.uint32(batch.row, rows, count)
          break
        case "attempt":
          out.constant(stamp.attempt, 4, count)
          break
        case "ingested_at":
          out.constant(stamp.ingestedAt, 8, count)
          break
        case "timestamp":
          out.nanoseconds(batch.timeMillis, batch.timeNanos, rows, count)
          break
        case "observed_at":
          out.nanoseconds(batch.observedMillis, batch.observedNanos, rows, count)
          break
        case "severity_number":
          out.uint8(batch.severityNumber, rows, count)
          break
        case "parsed":
          out.uint8(batch.parsed, rows, count)
          break
        case "trace_id":
          out.strings(batch.traceId, rows, count, batch.length)
          break
        case "span_id":
          out.strings(batch.spanId, rows, count, batch.length)
          break
        case "body":
          out.strings(batch.body, rows, count, batch.length)
          break
        case "attributes":
        case "resource":
          this.map(batch[name], count)
          break
      }
    }
    return out.bytes.subarray(0, out.used)
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
