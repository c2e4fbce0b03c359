// Repair rollup: makes the rollup count the rows of a stored batch once, where a crash or its tokens led it astray.
import { Effect } from "effect"
import { type StoredBatch, Tables } from "../tables.ts"
import { awaitRunningInserts } from "./running-inserts.ts"

/**
 * Rows and rollup of one insert are two parts with a log of tokens each. A kill leaves rows without their rollup, or a token that
 * lets no retry through; a failure of the power leaves either part without the other, and forgets tokens. Rows that never came, or
 * that came again under another token or in another batch, may be counted all the same. So counts decide, place by place in the
 * minutes of the batch: what the partition's rows there are more or less than the rollup says is added or taken off. Answers whether
 * anything was. Other partitions do not matter, however many the same crash has torn; an insert of an earlier owner or life that still
 * runs, a repair among them, is waited for, and the difference has to last. Before it, `confirm` is asked whether this process is
 * still the owner.
 */
export const repairRollup = Effect.fnUntraced(function* <E>(
  partition: number,
  batch: StoredBatch,
  confirm: Effect.Effect<void, E>
) {
  const { fillRollup, rollupGaps } = yield* Tables
  const look = rollupGaps(partition, batch.ingestedAt)
  let gaps = yield* look
  if (gaps === 0) return false
  yield* awaitRunningInserts(partition)
  for (let alike = 1; alike < steadyLooks; ) {
    yield* Effect.sleep("50 millis")
    const now = yield* look
    if (now === 0) return false
    alike = now === gaps ? alike + 1 : 1
    gaps = now
  }
  yield* confirm
  yield* fillRollup(partition, batch.ingestedAt)
  return true
})

const steadyLooks = 4
