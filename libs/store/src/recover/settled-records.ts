// SettledRecords: what a pipeline that starts has to know beside its offsets: its dead letters, and a frame half stored.
import type { DeadLetter } from "@tailrace/domain/dead-letter"
import { Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

/** What a pipeline that starts again has to know of a letter: which records it may not count or store otherwise. */
export type KnownLetter = Pick<DeadLetter, "stage" | "sequence" | "row" | "records" | "reason">

/** Letters of a partition behind a sequence, in order. */
export const lettersAfter = (
  partition: number,
  sequence: number
): Effect.Effect<Array<KnownLetter>, StoreError, Store> =>
  read<Omit<KnownLetter, "sequence"> & { readonly sequence: string }>({
    operation: `read the dead letters of partition ${partition}`,
    sql: `SELECT stage, sequence, row, records, reason FROM dead_letters FINAL
      WHERE partition = {partition:UInt16} AND sequence > {sequence:UInt64} ORDER BY sequence, row`,
    params: { partition, sequence }
  }).pipe(Effect.map((rows) => rows.map((row) => ({ ...row, sequence: Number(row.sequence) }))))

interface UnfinishedFrame {
  readonly sequence: number
  /** Every row up to this one is stored or is a dead letter. */
  readonly row: number
}

/** What is known of the frame that was stored in several inserts last. */
export interface SplitFrameFound {
  /** When it was marked, milliseconds since 1970, 0 for never: only later marks count. */
  readonly markedAt: number
  /**
   * The frame of the highest sequence stored, when only some of its rows are: they were stored in order, so the highest row
   * tells how far. Undefined when that frame is whole.
   */
  readonly unfinished: UnfinishedFrame | undefined
}

/** The split frame of a partition of which `lastSequence` is the highest sequence stored. */
export const splitFrameFound = (
  partition: number,
  lastSequence: number
): Effect.Effect<SplitFrameFound, StoreError, Store> =>
  Effect.gen(function* () {
    const [mark] = yield* read<{ readonly sequence: string; readonly finished: boolean; readonly at: string }>({
      operation: `read the split frame of partition ${partition}`,
      sql: `SELECT sequence, finished, toUnixTimestamp64Milli(split_frames.at) AS at FROM split_frames FINAL
        WHERE partition = {partition:UInt16}`,
      params: { partition }
    })
    const markedAt = Number(mark?.at ?? 0)
    if (mark === undefined || mark.finished || Number(mark.sequence) !== lastSequence)
      return { markedAt, unfinished: undefined }
    const [settled] = yield* read<{ readonly row: number }>({
      operation: `read the rows of a split frame of partition ${partition}`,
      sql: `SELECT greatest(
          (SELECT max(row) FROM logs WHERE partition = {partition:UInt16} AND sequence = {sequence:UInt64}),
          (SELECT max(row) FROM dead_letters WHERE partition = {partition:UInt16} AND sequence = {sequence:UInt64} AND stage = 'sink')
        ) AS row`,
      params: { partition, sequence: lastSequence }
    })
    return { markedAt, unfinished: { sequence: lastSequence, row: settled?.row ?? 0 } }
  })
