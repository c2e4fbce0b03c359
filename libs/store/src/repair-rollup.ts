// Repair rollup: fills in the rollup rows of a stored batch whose own way to them is lost.
import { Effect } from "effect"
import { type StoredBatch, Tables } from "./tables.ts"

/**
 * A kill between the log of a rollup's token and its part leaves a token that lets no retry through. Counts tell: when
 * the rollup of the batch's day stays short by exactly the batch's rows, they are added from its rows. Answers whether
 * they were. What other partitions insert meanwhile makes the counts waver, so the shortage has to last.
 */
export const repairRollup = Effect.fnUntraced(function* (partition: number, batch: StoredBatch) {
  const tables = yield* Tables
  for (let look = 0; look < steadyLooks; look++) {
    if (look > 0) yield* Effect.sleep("50 millis")
    if ((yield* tables.rollupShortage(batch.ingestedAt)) !== batch.rows) return false
  }
  yield* tables.fillRollup(partition, batch.ingestedAt)
  return true
})

const steadyLooks = 4
