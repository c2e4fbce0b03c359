// Repair rollup: makes the rollup count the rows of a stored batch once, where tokens led it astray.
import { Effect } from "effect"
import { awaitRunningInserts } from "./running-inserts.ts"
import { type StoredBatch, Tables } from "./tables.ts"

/**
 * A kill between the log of a token and its part leaves a token that lets no retry through. Logged for nothing in the
 * rollup, the rollup stays short of the batch. Logged for nothing in the table, a retry is kept out of the table and
 * counted by the rollup, which then counts the batch twice once its rows come under another token. Counts tell: when the
 * partition's rollup differs from its rows by exactly the batch's, wherever it has any, they are added or taken off.
 * Answers whether they were. Other partitions do not matter, however many the same kill has torn; an insert of an
 * earlier owner or life that still runs, a repair among them, is waited for, and the difference has to last. Before it, `confirm` is asked whether
 * this process is still the owner: one that was stopped since it counted would add what its successor has added.
 */
export const repairRollup = Effect.fnUntraced(function* <E>(
  partition: number,
  batch: StoredBatch,
  confirm: Effect.Effect<void, E>
) {
  const tables = yield* Tables
  const times = yield* tables.rollupShortage(partition, batch.ingestedAt)
  if (times === undefined || !repairable.has(times)) return false
  yield* awaitRunningInserts(partition)
  for (let look = 1; look < steadyLooks; look++) {
    yield* Effect.sleep("50 millis")
    if ((yield* tables.rollupShortage(partition, batch.ingestedAt)) !== times) return false
  }
  yield* confirm
  yield* tables.fillRollup(partition, batch.ingestedAt, times)
  return true
})

const steadyLooks = 4

/** Missing, or counted too often: up to three times was seen after as many kills in the middle of one insert. */
const repairable: ReadonlySet<number> = new Set([1, -1, -2, -3, -4])
