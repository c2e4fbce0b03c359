// Missed: how far the store reaches, and what a resumed tail has not seen of it.
import type { LogRecord } from "@tailrace/domain/log-record"
import { toSql } from "@tailrace/query/to-sql"
import { countLogs } from "@tailrace/store/read/count"
import type { LogsFilter } from "@tailrace/store/read/logs-filter"
import { searchLogs } from "@tailrace/store/read/search"
import { type ReadLimits, read } from "@tailrace/store/store"
import { Effect } from "effect"
import { furthest, type TailPosition } from "./resume-token.ts"
import type { Missed, TailRequest } from "./tail-hub.ts"
import { weightOf } from "./tail-subscriber.ts"

/** Records that a resumed tail gets at most; the newest of them when there are more. */
const mostRecords = 10_000
const pageRecords = 1_000

interface OffsetRow {
  readonly partition: number
  readonly last: string
}

const positionOf = (rows: ReadonlyArray<OffsetRow>): TailPosition =>
  new Map(rows.map(({ last, partition }) => [partition, Number(last)]))

/**
 * Last stored sequence of every partition. Partitions that have been silent for long are told by the ledger, which is
 * small; the others by their newest rows.
 */
export const readStoredPosition = (limits: ReadLimits) =>
  read<OffsetRow>({
    operation: "read how far the partitions reach",
    sql: `SELECT partition, max(reached) AS last FROM (
      SELECT partition, max(last_sequence) AS reached FROM ledger GROUP BY partition
      UNION ALL
      SELECT partition, max(sequence) AS reached FROM logs
      WHERE ingested_at >= (SELECT max(ingested_at) FROM logs) - INTERVAL 10 MINUTE GROUP BY partition
    ) GROUP BY partition`,
    limits
  }).pipe(Effect.map(positionOf))

export interface MissedOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes of records read at most, about. */
  readonly maxBytes: number
  readonly limits: ReadLimits
}

/** Last stored sequences behind `after`, of the partitions that have rows there; the same for all tails at that position. */
export const readReach = (after: TailPosition, limits: ReadLimits) => {
  const { condition, params } = behindOf(after)
  return read<OffsetRow>({
    operation: "read how far a tail has fallen behind",
    sql: `SELECT partition, max(sequence) AS last FROM logs WHERE ${condition} GROUP BY partition`,
    params,
    limits
  }).pipe(Effect.map(positionOf))
}

/**
 * Matching records stored behind `after` and up to `stored`, its reach, in the order they were stored, and the count of those
 * beyond the bounds.
 */
export const readMissed = Effect.fnUntraced(function* (
  request: TailRequest,
  { after, stored }: { readonly after: TailPosition; readonly stored: TailPosition },
  options: MissedOptions
) {
  const { limits } = options
  const behind = behindOf(after)
  const position = furthest(after, stored)
  if (stored.size === 0) return { records: [], more: 0, position } satisfies Missed
  // Both ends are fixed, so that rows which arrive during the read belong to the live batches alone.
  const until = untilOf(stored)
  const { condition, params } = toSql(request.ast, { now: options.now })
  const filter: LogsFilter = {
    tenant: request.tenant,
    condition: {
      condition: `(${condition}) AND (${behind.condition}) AND (${until.condition})`,
      params: { ...params, ...behind.params, ...until.params }
    }
  }
  const { hasNextPage, records } = yield* newest(filter, options)
  records.sort((a, b) => a.partition - b.partition || a.sequence - b.sequence || a.row - b.row)
  const more = hasNextPage ? Math.max(0, (yield* countLogs({ ...filter, limits })) - records.length) : 0
  return { records, more, position } satisfies Missed
})

const newest = Effect.fnUntraced(function* (filter: LogsFilter, { limits, maxBytes }: MissedOptions) {
  const records: Array<LogRecord> = []
  let bytes = 0
  for (let after: string | undefined; ; ) {
    const page = yield* searchLogs({ ...filter, first: pageRecords, after, limits })
    for (const record of page.records) {
      records.push(record)
      bytes += weightOf(record)
    }
    after = page.endCursor
    if (!page.hasNextPage || records.length >= mostRecords || bytes >= maxBytes) {
      return { records, hasNextPage: page.hasNextPage }
    }
  }
})

/** Rows behind a position; those of partitions it does not name are all behind it. */
const behindOf = (position: TailPosition) => {
  const params: Record<string, unknown> = {}
  const terms: Array<string> = []
  let index = 0
  for (const [partition, sequence] of position) {
    params[`t_p${index}`] = partition
    params[`t_a${index}`] = String(sequence)
    terms.push(`(partition = {t_p${index}:UInt16} AND sequence > {t_a${index}:UInt64})`)
    index++
  }
  const named = terms.map((_, i) => `{t_p${i}:UInt16}`)
  terms.push(named.length === 0 ? "1" : `partition NOT IN (${named.join(", ")})`)
  return { condition: terms.join(" OR "), params }
}

const untilOf = (position: TailPosition) => {
  const params: Record<string, unknown> = {}
  const terms = [...position].map(([partition, sequence], index) => {
    params[`t_q${index}`] = partition
    params[`t_b${index}`] = String(sequence)
    return `(partition = {t_q${index}:UInt16} AND sequence <= {t_b${index}:UInt64})`
  })
  return { condition: terms.join(" OR "), params }
}
