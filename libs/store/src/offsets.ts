// Offsets: how far the stored outputs of a partition reach, read from the outputs themselves.
import { Effect } from "effect"
import { read, type Store } from "./store.ts"
import type { StoreError } from "./store-error.ts"

/** The batch of a partition that was inserted last, as its rows tell. */
export interface StoredBatch {
  /** First and last sequence among its rows. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** Milliseconds since 1970; names the batch within its partition. */
  readonly ingestedAt: number
  readonly attempt: number
  readonly rows: number
}

interface StoredBatchRow {
  readonly first_sequence: string
  readonly last_sequence: string
  readonly ingested_at: string
  readonly attempt: number
  readonly rows: string
}

// The newest insert of all partitions is known from part metadata, so reading back from there touches little. Steps in
// milliseconds; the last one is everything.
const lookBack = [600_000, 86_400_000, Number.MAX_SAFE_INTEGER]

/** The last batch of a partition in `logs`, or undefined when the partition has none. */
export const lastBatch = (partition: number): Effect.Effect<StoredBatch | undefined, StoreError, Store> =>
  lastBatchOf("logs", "sequence", "sequence", partition)

/** Last sequence covered by the stored rows of a partition, 0 when there are none. */
export const logsOffset = (partition: number): Effect.Effect<number, StoreError, Store> =>
  Effect.map(lastBatch(partition), (batch) => batch?.lastSequence ?? 0)

/** Last sequence covered by the ledger of a partition, 0 when it has no entry. */
export const ledgerOffset = (partition: number): Effect.Effect<number, StoreError, Store> =>
  Effect.map(lastLedgerBatch(partition), (batch) => batch?.lastSequence ?? 0)

/** The last batch of a partition in `ledger`, or undefined; `rows` counts its entries. */
export const lastLedgerBatch = (partition: number): Effect.Effect<StoredBatch | undefined, StoreError, Store> =>
  lastBatchOf("ledger", "first_sequence", "last_sequence", partition)

const lastBatchOf = Effect.fnUntraced(function* (
  table: "logs" | "ledger",
  first: string,
  last: string,
  partition: number
) {
  const [newest] = yield* read<{ readonly at: string }>({
    operation: `read the newest insert of ${table}`,
    sql: `SELECT toUnixTimestamp64Milli(max(ingested_at)) AS at FROM ${table}`
  })
  const newestAt = Number(newest?.at ?? 0)
  if (newestAt === 0) return undefined
  for (const step of lookBack) {
    const [row] = yield* read<StoredBatchRow>({
      operation: `read the offset of partition ${partition} in ${table}`,
      sql: `SELECT min(${first}) AS first_sequence, max(${last}) AS last_sequence,
          toUnixTimestamp64Milli(ingested_at) AS ingested_at, max(attempt) AS attempt, count() AS rows
        FROM ${table}
        WHERE partition = {partition:UInt16} AND ${table}.ingested_at >= fromUnixTimestamp64Milli({since:Int64})
        GROUP BY ${table}.ingested_at
        ORDER BY ${table}.ingested_at DESC
        LIMIT 1`,
      params: { partition, since: Math.max(0, newestAt - step) },
      settings: { optimize_use_implicit_projections: 1 }
    })
    if (row !== undefined) {
      return {
        firstSequence: Number(row.first_sequence),
        lastSequence: Number(row.last_sequence),
        ingestedAt: Number(row.ingested_at),
        attempt: row.attempt,
        rows: Number(row.rows)
      } satisfies StoredBatch
    }
  }
  return undefined
})
