// Rows: the records of a partition, a batch in one insert, or in pieces where something in it is refused.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { insertPrepared, type LogsInsert, prepareLogs } from "@tailrace/store/write/insert-logs"
import { type InsertStamp, NativeBlockWriter } from "@tailrace/store/write/native-block"
import { Effect } from "effect"
import type { SinkContext } from "../../outputs/sink.ts"
import type { SinkError } from "../../outputs/sink-error.ts"
import type { ClickHouseConfig } from "./clickhouse-config.ts"
import type { InsertOptions, Inserts, Range } from "./inserts.ts"
import { storeInPieces } from "./pieces.ts"
import { isRefusal, refusedBy, setAside } from "./refusal.ts"
import type { SplitFrame } from "./split-frame.ts"

export interface RowsOptions {
  readonly context: SinkContext
  readonly deadLetters: ClickHouseConfig["deadLetters"]
  readonly inserts: Inserts
  readonly split: SplitFrame
}

export class Rows {
  readonly #options: RowsOptions
  readonly #writer = new NativeBlockWriter()

  constructor(options: RowsOptions) {
    this.#options = options
  }

  /** All rows in one insert, or, when something in them is refused, in pieces without what is refused by itself. */
  store(batch: LogBatch) {
    const { context, deadLetters, split } = this.#options
    const inPieces = (refusal: SinkError) =>
      storeInPieces(batch, refusal, {
        insert: (refusals) => this.#storeSelected(batch, pieceOf(batch), { refusals, piece: true }),
        setAside: (row, error) => setAside(context, batch, row, error),
        split: split.mark,
        most: deadLetters.perBatch
      })
    const range = { first: batch.firstSequence, last: batch.lastSequence }
    const whole = this.#storeSelected(batch, range, { refusals: deadLetters.perBatch === 0 ? "hold" : "pass" })
    return split.without(batch, Effect.catchIf(whole, isRefusal, inPieces))
  }

  #storeSelected(batch: LogBatch, range: Range, options: InsertOptions) {
    const { deadLetters, inserts } = this.#options
    let prepared: { readonly attempt: number; readonly insert: LogsInsert | undefined } | undefined
    const insert = (stamp: InsertStamp) =>
      Effect.suspend(() => {
        if (prepared?.attempt !== stamp.attempt) {
          prepared = { attempt: stamp.attempt, insert: prepareLogs(this.#writer, batch, stamp) }
        }
        return prepared.insert === undefined ? Effect.void : insertPrepared(prepared.insert)
      })
    return inserts.store(range, refusedBy(insert, deadLetters.codes), options)
  }
}

/** The sequences of the rows that are selected; those of one frame may be some of its rows only. */
const pieceOf = (batch: LogBatch): Range => {
  const from = batch.selected.indexOf(1)
  const to = batch.selected.lastIndexOf(1, batch.length - 1)
  const first = batch.sequence[from] as number
  const last = batch.sequence[to] as number
  return first === last ? { first, last, within: true } : { first, last }
}
