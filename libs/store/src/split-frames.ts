// Split frames: which frame's rows a sink is storing in several inserts, so that a crash in between can be told.
import { Effect } from "effect"
import { moment } from "./insert-rows.ts"
import { insertSettings } from "./insert-settings.ts"
import { read, Store } from "./store.ts"
import { type StoreError, toStoreError } from "./store-error.ts"

export interface SplitFrame {
  readonly partition: number
  readonly sequence: number
  readonly finished: boolean
  /** Milliseconds since 1970, growing from mark to mark of a partition: the last one counts. */
  readonly at: number
}

/** Says that the rows of a frame are about to be stored one part after the other, or that all of them are. */
export const markSplitFrame = (frame: SplitFrame): Effect.Effect<void, StoreError, Store> =>
  Store.use((store) =>
    Effect.tryPromise({
      try: () =>
        store.client.insert({
          table: "split_frames",
          values: [{ ...frame, at: moment(frame.at) }],
          format: "JSONEachRow",
          clickhouse_settings: {
            ...insertSettings(`split-${frame.partition}-${frame.sequence}-${frame.finished}-${frame.at}`),
            date_time_input_format: "best_effort"
          }
        }),
      catch: (cause) => toStoreError("mark a split frame", cause)
    })
  ).pipe(Effect.asVoid)

export interface UnfinishedFrame {
  readonly sequence: number
  /** Every row up to this one is stored or is a dead letter. */
  readonly row: number
}

/**
 * The frame of `lastSequence`, the highest sequence stored, when only some of its rows are: they were stored in order, so
 * the highest row tells how far. Undefined when the frame is whole.
 */
export const unfinishedFrame = (
  partition: number,
  lastSequence: number
): Effect.Effect<UnfinishedFrame | undefined, StoreError, Store> =>
  Effect.gen(function* () {
    const [mark] = yield* read<{ readonly sequence: string; readonly finished: boolean }>({
      operation: `read the split frame of partition ${partition}`,
      sql: "SELECT sequence, finished FROM split_frames FINAL WHERE partition = {partition:UInt16}",
      params: { partition }
    })
    if (mark === undefined || mark.finished || Number(mark.sequence) !== lastSequence) return undefined
    const [settled] = yield* read<{ readonly row: number }>({
      operation: `read the rows of a split frame of partition ${partition}`,
      sql: `SELECT greatest(
          (SELECT max(row) FROM logs WHERE partition = {partition:UInt16} AND sequence = {sequence:UInt64}),
          (SELECT max(row) FROM dead_letters WHERE partition = {partition:UInt16} AND sequence = {sequence:UInt64} AND stage = 'sink')
        ) AS row`,
      params: { partition, sequence: lastSequence }
    })
    return { sequence: lastSequence, row: settled?.row ?? 0 }
  })
