// Missed: what a resumed tail has not seen, read from the store.
import { toSql } from "@tailrace/query/to-sql"
import { countLogs } from "@tailrace/store/count"
import { logsOffset } from "@tailrace/store/offsets"
import { searchLogs } from "@tailrace/store/search"
import { Effect } from "effect"
import type { TailPosition } from "./resume-token.ts"
import type { Missed, TailRequest } from "./tail-hub.ts"

/** Records that a resumed tail gets at most; the newest of them when there are more. */
const mostRecords = 10_000

/** Matching records stored behind `after`, for the partitions it names, in the order they were stored. */
export const readMissed = Effect.fnUntraced(function* (request: TailRequest, after: TailPosition, now: number) {
  if (after.size === 0) return { records: [], more: 0, covered: new Map() } satisfies Missed
  const covered = new Map<number, number>()
  for (const [partition, seen] of after) covered.set(partition, Math.max(seen, yield* logsOffset(partition)))
  const { condition, params } = toSql(request.ast, { now })
  const ranges: Array<string> = []
  const bounds: Record<string, unknown> = {}
  let index = 0
  for (const [partition, seen] of after) {
    ranges.push(
      `(partition = {t_p${index}:UInt16} AND sequence > {t_a${index}:UInt64} AND sequence <= {t_b${index}:UInt64})`
    )
    bounds[`t_p${index}`] = partition
    bounds[`t_a${index}`] = String(seen)
    bounds[`t_b${index}`] = String(covered.get(partition))
    index++
  }
  const filter = {
    tenant: request.tenant,
    condition: { condition: `(${condition}) AND (${ranges.join(" OR ")})`, params: { ...params, ...bounds } }
  }
  const page = yield* searchLogs({ ...filter, first: mostRecords })
  const records = [...page.records].sort(
    (a, b) => a.partition - b.partition || a.sequence - b.sequence || a.row - b.row
  )
  const more = page.hasNextPage ? Math.max(0, (yield* countLogs(filter)) - records.length) : 0
  return { records, more, covered } satisfies Missed
})
