// Histogram: records per step of time and severity, from the rows or from the per-minute rollup.
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import { StoreError } from "../store-error.ts"
import { holdsInRollup, type LogsFilter, whereLogs } from "./logs-filter.ts"

export interface HistogramRequest extends LogsFilter {
  /** Nanoseconds since 1970; inclusive. */
  readonly from: bigint
  /** Nanoseconds since 1970; exclusive. */
  readonly to: bigint
  /** Width of a bucket; bucket borders are its multiples since 1970. */
  readonly stepMillis: number
  readonly limits?: ReadLimits | undefined
}

export interface HistogramBucket {
  /** Milliseconds since 1970. */
  readonly start: number
  readonly total: number
  /** Records by severity text, "" for none; only those that occur. */
  readonly bySeverity: Readonly<Record<string, number>>
}

const maxBuckets = 10_000
const minuteMillis = 60_000
const minuteNanos = 60_000_000_000n

/** Where the counts of a request come from. */
export type HistogramSource = "rows" | "minutes"

/** Minutes answer when steps are whole minutes and the condition speaks of nothing the rollup lacks. */
export const histogramSource = (request: HistogramRequest): HistogramSource =>
  request.stepMillis % minuteMillis === 0 &&
  holdsInRollup(request.condition) &&
  floorMinute(request.to) > ceilMinute(request.from)
    ? "minutes"
    : "rows"

/**
 * Buckets in order of time, empty ones left out. Both sources count exactly the same records: with minutes, the broken
 * minutes at either end of the range are counted from the rows.
 */
export const histogram = (request: HistogramRequest): Effect.Effect<Array<HistogramBucket>, StoreError, Store> =>
  Effect.suspend(() => {
    const step = request.stepMillis
    const span = Number((request.to - request.from) / 1_000_000n)
    if (!(Number.isSafeInteger(step) && step >= 1) || span / step > maxBuckets) {
      const message = `a step of ${step} ms over ${span} ms is no histogram, choose at most ${maxBuckets} steps of whole milliseconds`
      return new StoreError({ consequence: "reject", message })
    }
    const { sql, params } = histogramSource(request) === "minutes" ? minutesSql(request) : rowsSql(request)
    return read<BucketRow>({
      operation: "histogram",
      sql: `SELECT bucket, severity, sum(records) AS records FROM (${sql}) GROUP BY bucket, severity ORDER BY bucket, severity`,
      params: { ...params, h_step: step },
      limits: request.limits
    }).pipe(Effect.map(toBuckets))
  })

interface Sql {
  readonly sql: string
  readonly params: Record<string, unknown>
}

interface BucketRow {
  readonly bucket: string
  readonly severity: string
  readonly records: string
}

const rowBucket = "intDiv(toUnixTimestamp64Milli(timestamp), {h_step:Int64}) * {h_step:Int64}"
const minuteBucket = "intDiv(toInt64(toUnixTimestamp(minute)) * 1000, {h_step:Int64}) * {h_step:Int64}"

const rowsSql = (request: HistogramRequest): Sql => {
  const { where, params } = whereLogs(request)
  return {
    sql: `SELECT ${rowBucket} AS bucket, severity, count() AS records FROM logs WHERE ${where} GROUP BY bucket, severity`,
    params
  }
}

const minutesSql = (request: HistogramRequest): Sql => {
  const first = ceilMinute(request.from)
  const last = floorMinute(request.to)
  // Tenant and condition stand alike in both tables; the time range is put by hand.
  const { where, params } = whereLogs({ tenant: request.tenant, condition: request.condition })
  const broken = (from: string, to: string) =>
    `SELECT ${rowBucket} AS bucket, severity, count() AS records FROM logs
      WHERE timestamp >= fromUnixTimestamp64Nano({${from}:Int64}) AND timestamp < fromUnixTimestamp64Nano({${to}:Int64})
        AND ${where} GROUP BY bucket, severity`
  const parts = [
    `SELECT ${minuteBucket} AS bucket, severity, sum(logs_per_minute.records) AS records FROM logs_per_minute
      WHERE minute >= toDateTime({h_first:Int64}) AND minute < toDateTime({h_last:Int64}) AND ${where}
      GROUP BY bucket, severity`
  ]
  if (request.from < first) parts.push(broken("h_from", "h_first_nanos"))
  if (request.to > last) parts.push(broken("h_last_nanos", "h_to"))
  return {
    sql: parts.join(" UNION ALL "),
    params: {
      ...params,
      h_first: String(first / 1_000_000_000n),
      h_last: String(last / 1_000_000_000n),
      h_from: String(request.from),
      h_first_nanos: String(first),
      h_last_nanos: String(last),
      h_to: String(request.to)
    }
  }
}

const toBuckets = (rows: ReadonlyArray<BucketRow>): Array<HistogramBucket> => {
  const buckets = new Map<string, { start: number; total: number; bySeverity: Record<string, number> }>()
  for (const row of rows) {
    let bucket = buckets.get(row.bucket)
    if (bucket === undefined) {
      bucket = { start: Number(row.bucket), total: 0, bySeverity: Object.create(null) }
      buckets.set(row.bucket, bucket)
    }
    bucket.total += Number(row.records)
    bucket.bySeverity[row.severity] = Number(row.records)
  }
  return [...buckets.values()]
}

const floorMinute = (nanos: bigint): bigint => nanos - (((nanos % minuteNanos) + minuteNanos) % minuteNanos)
const ceilMinute = (nanos: bigint): bigint => floorMinute(nanos + minuteNanos - 1n)
