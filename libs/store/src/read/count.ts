// Count: how many records a filter has, from the per-minute rollup where it can answer.
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { lastSortableMillis } from "../write/native-columns.ts"
import { histogram } from "./histogram.ts"
import { holdsInRollup, type LogsFilter, whereLogs } from "./logs-filter.ts"

export interface CountRequest extends LogsFilter {
  readonly limits?: ReadLimits | undefined
}

/** Bucket of a count: ten years in whole minutes, so that all of time is a handful of buckets. */
const decadeMillis = 3_652 * 86_400_000
const endOfTime = BigInt(lastSortableMillis + 1) * 1_000_000n

/** Number of records of a filter, exact whichever table answers. */
export const countLogs = (request: CountRequest): Effect.Effect<number, StoreError, Store> =>
  holdsInRollup(request.condition) ? countMinutes(request) : countRows(request)

const countMinutes = (request: CountRequest): Effect.Effect<number, StoreError, Store> =>
  histogram({
    ...request,
    from: request.from ?? 0n,
    to: request.to ?? endOfTime,
    stepMillis: decadeMillis
  }).pipe(Effect.map((buckets) => buckets.reduce((sum, bucket) => sum + bucket.total, 0)))

const countRows = (request: CountRequest): Effect.Effect<number, StoreError, Store> => {
  const { where, params } = whereLogs(request)
  return read<{ readonly records: string }>({
    operation: "count logs",
    sql: `SELECT count() AS records FROM logs WHERE ${where}`,
    params,
    limits: request.limits
  }).pipe(Effect.map(([row]) => Number(row?.records ?? 0)))
}
