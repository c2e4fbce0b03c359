// RollupOfBatch: where the rollup counts the minutes of a stored batch otherwise than the rows, and the statement that makes it right.
import { Effect } from "effect"
import { command, read } from "../store.ts"

/**
 * Every minute, tenant, service and severity of the minutes of one batch in which the rollup of its partition and ingest day counts
 * otherwise than the rows, with what it lacks; less than nothing where it counts too much. What a release before counted, which told
 * no partitions apart, is left out.
 */
const differences = `WITH
    fromUnixTimestamp64Milli({ingestedAt:Int64}) AS stamp,
    (SELECT (toStartOfMinute(min(timestamp)), toDateTime64(toStartOfMinute(max(timestamp)), 9) + INTERVAL 1 MINUTE)
      FROM logs WHERE partition = {partition:UInt16} AND ingested_at = stamp) AS span,
    minutes AS (
      SELECT DISTINCT toStartOfMinute(timestamp) AS minute
      FROM logs WHERE partition = {partition:UInt16} AND ingested_at = stamp)
  SELECT toDate(stamp) AS ingested_on, tenant, minute, service, severity, toString({partition:UInt16}) AS partition,
    toUInt64(sum(a)) AS records, toUInt64(sum(b)) AS bytes
  FROM (
    SELECT tenant, toStartOfMinute(timestamp) AS minute, service, severity, toInt64(count()) AS a,
      toInt64(sum(length(body))) AS b, toUInt64(0) AS before
    FROM logs
    WHERE partition = {partition:UInt16} AND toDate(ingested_at) = toDate(stamp)
      AND timestamp >= span.1 AND timestamp < span.2 AND toStartOfMinute(timestamp) IN minutes
    GROUP BY tenant, minute, service, severity
    UNION ALL
    SELECT tenant, minute, service, severity, -toInt64(sumIf(logs_per_minute.records, partition != '')),
      -toInt64(sumIf(logs_per_minute.bytes, partition != '')), countIf(partition = '')
    FROM logs_per_minute
    WHERE partition IN ('', toString({partition:UInt16})) AND ingested_on = toDate(stamp) AND minute IN minutes
    GROUP BY tenant, minute, service, severity
  )
  GROUP BY tenant, minute, service, severity
  HAVING sum(before) = 0 AND (sum(a) != 0 OR sum(b) != 0)`

export const rollupGaps = (partition: number, ingestedAt: number) =>
  read<{ readonly gaps: string }>({
    operation: "compare the rollup with a batch",
    sql: `SELECT count() AS gaps FROM (${differences})`,
    params: { partition, ingestedAt }
  }).pipe(Effect.map(([row]) => Number(row?.gaps ?? 0)))

/** One statement looks and adds, so doing it twice adds once. A negative count is a UInt64 modulo 2^64, as every sum of them is. */
export const fillRollup = (partition: number, ingestedAt: number) =>
  command(
    "make the rollup of a batch right",
    `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, partition, records, bytes) ${differences}`,
    {
      params: { partition, ingestedAt },
      // The counts decide; the token only tells what is running.
      settings: {
        insert_deduplicate: 0,
        async_insert: 0,
        insert_deduplication_token: `fill-${partition}-${ingestedAt}`
      }
    }
  )
