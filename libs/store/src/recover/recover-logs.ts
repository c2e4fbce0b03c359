// Recover logs: what a partition's pipeline does about its last stored batch before it inserts again.
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { type StoredBatch, Tables } from "../tables.ts"
import { lastBatch } from "./offsets.ts"
import { repairRollup } from "./repair-rollup.ts"

/**
 * Makes the rollup of the last stored batch of a partition right and answers the batch, or undefined when there is none.
 *
 * An insert of rows is one part, so the batch is there as a whole; its rollup is another part, which a crash can have kept or lost by
 * itself, and each has a log of tokens, of which a failure of the power loses any end and a kill may leave one for nothing. So neither
 * rows nor tokens prove anything of the rollup, which is compared with the rows, and nothing is inserted that a token would have to keep
 * out. With one insert in flight per partition no earlier batch can be in doubt.
 */
export const recoverLogs = Effect.fnUntraced(function* <E>(
  partition: number,
  confirm: Effect.Effect<void, E>
): Effect.fn.Return<StoredBatch | undefined, StoreError | E, Store> {
  const batch = yield* lastBatch(partition)
  if (batch === undefined) return undefined
  const doubled = yield* Tables.use((tables) => tables.doubledRows(partition, batch.ingestedAt))
  if (doubled > 0) {
    yield* Effect.logWarning(
      `partition ${partition}: ${doubled} records of its last batch are stored more than once, as earlier releases left them after ` +
        "a power failure: `tailrace doctor --repair` says how many there are in all, and with --yes takes the copies out"
    )
  }
  if (yield* repairRollup(partition, batch, confirm)) {
    const { firstSequence, lastSequence } = batch
    yield* Effect.logWarning(
      `partition ${partition}: repaired the rollup of sequences ${firstSequence} to ${lastSequence}`
    )
  }
  return batch
})
