// SplitFrame: the frame of a partition whose rows are stored in several inserts, over a crash in between.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Store } from "@tailrace/store/store"
import { Tables } from "@tailrace/store/tables"
import { markSplitFrame } from "@tailrace/store/write/split-frames"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Clock, Effect } from "effect"
import type { SinkContext } from "../../outputs/sink.ts"
import type { SinkError } from "../../outputs/sink-error.ts"
import { untilStored } from "../../outputs/until-stored.ts"

/**
 * `lastSequence` is the highest sequence stored. When its frame was left unfinished the offset is the sequence before, so
 * that its message comes again. A batch that comes as it was cut before may begin behind the offset; its rows that are
 * settled are left out of the insert.
 */
export const openSplitFrame = Effect.fnUntraced(function* (
  { breaker, ownership, partition }: SinkContext,
  lastSequence: number
) {
  const clock = yield* Clock.Clock
  const { markedAt, unfinished } = yield* untilStored(
    Tables.use((tables) => tables.splitFrameFound(partition, lastSequence)),
    breaker
  )
  const offset = unfinished === undefined ? lastSequence : unfinished.sequence - 1
  // Later than any mark of an earlier life, whatever the clock says since.
  let lastMark = markedAt
  /** Runs an insert of a batch without the rows an earlier life has settled; they count as what they are all the same. */
  const without = <E, R>(batch: LogBatch, insert: Effect.Effect<void, E, R>): Effect.Effect<void, E, R> =>
    Effect.suspend(() => {
      if (batch.firstSequence > (unfinished?.sequence ?? offset)) return insert
      const hidden: Array<number> = []
      for (let index = 0; index < batch.length; index++) {
        const sequence = batch.sequence[index] as number
        const settled =
          sequence <= offset || (sequence === unfinished?.sequence && (batch.row[index] as number) <= unfinished.row)
        if (settled && batch.selected[index] === 1) hidden.push(index)
      }
      const show = (selected: 0 | 1) =>
        Effect.sync(() => {
          for (const index of hidden) batch.selected[index] = selected
          batch.keptCount += selected === 1 ? hidden.length : -hidden.length
        })
      return Effect.andThen(show(0), Effect.ensuring(insert, show(1)))
    })
  const mark = (sequence: number, finished: boolean): Effect.Effect<void, SinkError | OwnershipError, Store> =>
    untilStored(
      // A time, and so a token, of its own each time: one logged for a part that never came would swallow the next attempt.
      Effect.suspend(() => {
        lastMark = Math.max(clock.currentTimeMillisUnsafe(), lastMark + 1)
        return Effect.andThen(ownership.confirm, markSplitFrame({ partition, sequence, finished, at: lastMark }))
      }),
      breaker
    )
  return { unfinished: unfinished !== undefined, offset, without, mark }
})

export type SplitFrame = Effect.Success<ReturnType<typeof openSplitFrame>>
