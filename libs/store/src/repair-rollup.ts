// Repair rollup: fills in the rollup rows of a stored batch whose own way to them is lost.
import { Effect } from "effect"
import type { StoredBatch } from "./offsets.ts"
import { command, read, type Store } from "./store.ts"
import type { StoreError } from "./store-error.ts"

/**
 * A kill between the log of a rollup's token and its part leaves a token that lets no retry through. Counts tell: when
 * the rollup of the batch's day stays short by exactly the batch's rows, they are added from its rows. Answers whether
 * they were. What other partitions insert meanwhile makes the counts waver, so the shortage has to last.
 */
export const repairRollup = Effect.fnUntraced(function* (partition: number, batch: StoredBatch) {
  for (let look = 0; look < steadyLooks; look++) {
    if (look > 0) yield* Effect.sleep("50 millis")
    if ((yield* shortage(batch)) !== batch.rows) return false
  }
  yield* command("fill the rollup of a batch", fill, {
    params: { partition, ingestedAt: batch.ingestedAt },
    // The counts decide, not a token: one logged for nothing is what this mends.
    settings: { insert_deduplicate: 0, async_insert: 0 }
  })
  return true
})

const steadyLooks = 4

/** Rows of the batch's day that its rollup does not count. */
const shortage = (batch: StoredBatch): Effect.Effect<number, StoreError, Store> =>
  read<{ readonly missing: string }>({
    operation: "compare the rollup with its rows",
    sql: `SELECT toInt64((SELECT count() FROM logs WHERE toDate(ingested_at) = toDate(fromUnixTimestamp64Milli({ingestedAt:Int64}))))
      - toInt64((SELECT sum(logs_per_minute.records) FROM logs_per_minute
          WHERE ingested_on = toDate(fromUnixTimestamp64Milli({ingestedAt:Int64})))) AS missing`,
    params: { ingestedAt: batch.ingestedAt }
  }).pipe(Effect.map(([row]) => Number(row?.missing ?? 0)))

/** The select of logs_per_minute_view over one batch. */
const fill = `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, records, bytes)
  SELECT toDate(ingested_at) AS ingested_on, tenant, toStartOfMinute(timestamp) AS minute, service, severity,
    count() AS records, sum(length(body)) AS bytes
  FROM logs
  WHERE partition = {partition:UInt16} AND ingested_at = fromUnixTimestamp64Milli({ingestedAt:Int64})
  GROUP BY ingested_on, tenant, minute, service, severity`
