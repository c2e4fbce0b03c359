// Panes: closed aggregates read back, each in its highest revision.
import type { MetricType, Pane } from "@tailrace/domain/pane"
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface PanesRequest {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined
  readonly metric?: string | undefined
  /** Milliseconds since 1970 of the window's start; inclusive. */
  readonly from?: number | undefined
  /** Milliseconds since 1970 of the window's start; exclusive. */
  readonly to?: number | undefined
  /** Panes answered at most; 1,000 by default. */
  readonly first?: number | undefined
  readonly limits?: ReadLimits | undefined
}

/** Condition and parameters that panes and anomalies have in common. */
export const whereWindows = (request: PanesRequest): { where: string; params: Record<string, unknown> } => {
  const terms = ["1"]
  if (request.tenant !== undefined) terms.push("tenant = {tenant:String}")
  if (request.metric !== undefined) terms.push("metric = {metric:String}")
  if (request.from !== undefined) terms.push("window_start >= fromUnixTimestamp64Milli({from:Int64})")
  if (request.to !== undefined) terms.push("window_start < fromUnixTimestamp64Milli({to:Int64})")
  const { tenant, metric, from, to, first } = request
  const params: Record<string, unknown> = { first: first ?? 1_000 }
  for (const [name, value] of Object.entries({ tenant, metric, from, to })) {
    if (value !== undefined) params[name] = value
  }
  return { where: terms.join(" AND "), params }
}

interface PaneRow {
  readonly partition: number
  readonly sequence: string
  readonly tenant: string
  readonly metric: string
  readonly type: MetricType
  readonly windowStart: string
  readonly windowEnd: string
  readonly key_id: string
  readonly value: number | string
  readonly count: string
  readonly quantiles: Record<string, number | string>
  readonly revision: number
}

/** Panes, newest window first. */
export const readPanes = (request: PanesRequest): Effect.Effect<Array<Pane>, StoreError, Store> => {
  const { where, params } = whereWindows(request)
  return read<PaneRow>({
    operation: "read panes",
    sql: `SELECT partition, sequence, tenant, metric, type, toUnixTimestamp64Milli(window_start) AS windowStart,
        toUnixTimestamp64Milli(window_end) AS windowEnd, key_id, value, count, quantiles, revision
      FROM panes FINAL WHERE ${where}
      ORDER BY window_start DESC, tenant, metric, partition, key_id LIMIT {first:UInt32}`,
    params,
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map(toPane)))
}

const toPane = (row: PaneRow): Pane => ({
  partition: row.partition,
  sequence: Number(row.sequence),
  tenant: row.tenant,
  metric: row.metric,
  type: row.type,
  windowStart: Number(row.windowStart),
  windowEnd: Number(row.windowEnd),
  key: keyOf(row.key_id),
  value: floatOf(row.value),
  count: Number(row.count),
  quantiles: Object.fromEntries(Object.entries(row.quantiles).map(([name, value]) => [name, floatOf(value)])),
  revision: row.revision
})

/** The key of a pane from its text, which keeps the order of the fields. */
export const keyOf = (keyId: string): Record<string, string> =>
  Object.fromEntries(JSON.parse(keyId) as Array<[string, string]>)

/** A Float64 as ClickHouse writes it in JSON: a number, or inf, -inf, nan as text. */
export const floatOf = (value: number | string): number =>
  typeof value === "number"
    ? value
    : value === "inf"
      ? Number.POSITIVE_INFINITY
      : value === "-inf"
        ? Number.NEGATIVE_INFINITY
        : Number(value)
