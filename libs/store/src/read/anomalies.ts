// Anomalies: scored deviations read back, newest window first.
import type { Anomaly } from "@tailrace/domain/anomaly"
import { Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { floatOf, keyOf, type PanesRequest, whereWindows } from "./panes.ts"

export interface AnomaliesRequest extends PanesRequest {
  /** Only anomalies whose score is at least this far from 0. */
  readonly minimumScore?: number | undefined
}

interface AnomalyRow {
  readonly partition: number
  readonly sequence: string
  readonly tenant: string
  readonly metric: string
  readonly detector: string
  readonly windowStart: string
  readonly windowEnd: string
  readonly key_id: string
  readonly value: number | string
  readonly expected: number | string
  readonly score: number | string
  readonly direction: "high" | "low"
  readonly sentence: string
  readonly revision: number
}

/** Anomalies, each in its highest revision. */
export const readAnomalies = (request: AnomaliesRequest): Effect.Effect<Array<Anomaly>, StoreError, Store> => {
  const { where, params } = whereWindows(request)
  return read<AnomalyRow>({
    operation: "read anomalies",
    sql: `SELECT partition, sequence, tenant, metric, detector, toUnixTimestamp64Milli(window_start) AS windowStart,
        toUnixTimestamp64Milli(window_end) AS windowEnd, key_id, value, expected, score, direction, sentence, revision
      FROM anomalies FINAL WHERE ${where} AND abs(score) >= {minimumScore:Float64}
      ORDER BY window_start DESC, abs(score) DESC, tenant, metric, detector, partition, key_id LIMIT {first:UInt32}`,
    params: { ...params, minimumScore: request.minimumScore ?? 0 },
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map(toAnomaly)))
}

const toAnomaly = (row: AnomalyRow): Anomaly => ({
  partition: row.partition,
  sequence: Number(row.sequence),
  tenant: row.tenant,
  metric: row.metric,
  detector: row.detector,
  windowStart: Number(row.windowStart),
  windowEnd: Number(row.windowEnd),
  key: keyOf(row.key_id),
  value: floatOf(row.value),
  expected: floatOf(row.expected),
  score: floatOf(row.score),
  direction: row.direction,
  sentence: row.sentence,
  revision: row.revision
})
