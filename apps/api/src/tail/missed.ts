// Missed: what a resumed tail has not seen, read from the store.
import type { LogRecord } from "@tailrace/domain/log-record"
import { toSql } from "@tailrace/query/to-sql"
import { countLogs } from "@tailrace/store/count"
import type { LogsFilter } from "@tailrace/store/logs-filter"
import { searchLogs } from "@tailrace/store/search"
import { type ReadLimits, read } from "@tailrace/store/store"
import { Effect } from "effect"
import { type Missed, weightOf } from "./portion.ts"
import { furthest, type ResumePoint, type TailPosition } from "./resume-token.ts"
import type { TailRequest } from "./tail-hub.ts"

export interface MissedOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes of records read at most. */
  readonly maxBytes: number
  readonly limits: ReadLimits
}

/** Records that a resumed tail gets at most; the newest of them when there are more. */
const mostRecords = 10_000
const pageRecords = 500

/** Matching records stored behind `after`, in the order they were stored, and the count of those beyond the bounds. */
export const readMissed = Effect.fnUntraced(function* (
  request: TailRequest,
  after: ResumePoint,
  options: MissedOptions
) {
  const { limits, maxBytes, now } = options
  const stored = yield* storedSince(after.since, limits)
  const covered = furthest(stored, after.position)
  if (stored.size === 0) return { records: [], more: 0, covered } satisfies Missed
  const { condition, params } = toSql(request.ast, { now })
  const unseen = unseenRows(stored, after)
  const filter: LogsFilter = {
    tenant: request.tenant,
    condition: { condition: `(${condition}) AND ${unseen.condition}`, params: { ...params, ...unseen.params } }
  }
  const records: Array<LogRecord> = []
  let bytes = 0
  let cursor: string | undefined
  let partial = false
  do {
    const page = yield* searchLogs({ ...filter, first: pageRecords, after: cursor, limits })
    for (const record of page.records) {
      records.push(record)
      bytes += weightOf(record)
    }
    cursor = page.hasNextPage ? page.endCursor : undefined
    partial = cursor !== undefined && (records.length >= mostRecords || bytes >= maxBytes)
  } while (cursor !== undefined && !partial)
  const more = partial ? Math.max(0, (yield* countLogs({ ...filter, limits })) - records.length) : 0
  records.sort((a, b) => a.partition - b.partition || a.sequence - b.sequence || a.row - b.row)
  return { records, more, covered } satisfies Missed
})

/** Last stored sequence of every partition that stored anything since a time, milliseconds since 1970. */
const storedSince = (since: number, limits: ReadLimits) =>
  read<{ readonly partition: number; readonly last: string }>({
    operation: "read how far the partitions are stored",
    sql: `SELECT partition, max(sequence) AS last FROM logs
      WHERE ingested_at >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY partition ORDER BY partition`,
    params: { since },
    limits
  }).pipe(Effect.map((rows): TailPosition => new Map(rows.map((row) => [row.partition, Number(row.last)]))))

/** Rows behind the point, up to what is stored now: what is stored later comes live. */
const unseenRows = (stored: TailPosition, after: ResumePoint) => {
  const params: Record<string, unknown> = { t_since: after.since }
  const ranges: Array<string> = []
  for (const [partition, last] of stored) {
    const name = String(ranges.length)
    params[`t_p${name}`] = partition
    params[`t_to${name}`] = String(last)
    params[`t_from${name}`] = String(after.position.get(partition) ?? 0)
    ranges.push(
      `(partition = {t_p${name}:UInt16} AND sequence > {t_from${name}:UInt64} AND sequence <= {t_to${name}:UInt64})`
    )
  }
  const condition = `ingested_at >= fromUnixTimestamp64Milli({t_since:Int64}) AND (${ranges.join(" OR ")})`
  return { condition, params }
}
