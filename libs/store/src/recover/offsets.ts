// Offsets: how far the stored outputs of a partition reach, read from the outputs themselves.
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { type StoredBatch, Tables } from "../tables.ts"

/** The last batch of a partition in `logs`, or undefined when the partition has none. */
export const lastBatch = (partition: number): Effect.Effect<StoredBatch | undefined, StoreError, Store> =>
  Tables.use((tables) => tables.lastInsert("logs", partition))

/** The batch of a partition that was stored under a stamp, or undefined when it is not there. */
export const batchAt = (
  table: "logs" | "ledger",
  partition: number
): ((ingestedAt: number) => Effect.Effect<StoredBatch | undefined, StoreError, Store>) => {
  return (ingestedAt) => Tables.use((tables) => tables.insertAt(table, partition, ingestedAt))
}

/** Last sequence covered by the stored rows of a partition, 0 when there are none. */
export const logsOffset = (partition: number): Effect.Effect<number, StoreError, Store> =>
  Effect.map(lastBatch(partition), (batch) => batch?.lastSequence ?? 0)

/** Last sequence covered by the ledger of a partition, 0 when it has no entry. */
export const ledgerOffset = (partition: number): Effect.Effect<number, StoreError, Store> =>
  Effect.map(lastLedgerBatch(partition), (batch) => batch?.lastSequence ?? 0)

/** The last batch of a partition in `ledger`, or undefined; `rows` counts its entries. */
export const lastLedgerBatch = (partition: number): Effect.Effect<StoredBatch | undefined, StoreError, Store> =>
  Tables.use((tables) => tables.lastInsert("ledger", partition))
