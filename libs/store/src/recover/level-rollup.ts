// Level rollup: where the rollup counts otherwise than the rows, over whole days, and how it is made to count them.
import { Effect } from "effect"
import { type ReadLimits, read, Store } from "../store.ts"
import { type StoreError, toStoreError } from "../store-error.ts"
import { moment } from "../write/insert-rows.ts"

/** A minute of event time of one day of ingest in which rows and rollup differ. */
interface Difference {
  readonly day: string
  readonly tenant: string
  /** Seconds since 1970. */
  readonly minute: number
  readonly service: string
  readonly severity: string
  /** Of the pipeline; empty where a release counted that told none apart. */
  readonly partition: string
  /** What the rollup lacks; less than 0 where it counts too much. */
  readonly records: string
  readonly bytes: string
}

/** What differs in one day of ingest. */
export interface RollupDay {
  readonly day: string
  readonly places: number
  /** Records that the rollup lacks, and those it counts too often. */
  readonly missing: number
  readonly surplus: number
}

const limits: ReadLimits = { seconds: 3_600, memoryBytes: 1_200_000_000, resultRows: 5_000_000 }
const settings = { max_bytes_before_external_group_by: "400000000" }

/** Days of which there are rows: of one that was dropped the rollup may stay. */
const daysOfRows = read<{ readonly day: string }>({
  operation: "read the days of the rows",
  sql: "SELECT DISTINCT toString(toDate(ingested_at)) AS day FROM logs ORDER BY day",
  limits
})

const differencesOf = (day: string) =>
  read<Difference>({
    operation: `compare the rollup of ${day} with the rows`,
    sql: `SELECT {day:String} AS day, tenant, toUnixTimestamp(minute) AS minute, service, severity,
        if(before, '', partition) AS partition, toString(sum(a)) AS records, toString(sum(b)) AS bytes
      FROM (
        SELECT tenant, minute, service, severity, partition, a, b,
          max(partition = '') OVER (PARTITION BY tenant, minute, service, severity) AS before
        FROM (
          SELECT tenant, minute, service, severity, partition, sum(records) AS a, sum(bytes) AS b
          FROM (
            SELECT tenant, toStartOfMinute(timestamp) AS minute, service, severity, toString(partition) AS partition,
              toInt64(count()) AS records, toInt64(sum(length(body))) AS bytes
            FROM logs WHERE toDate(ingested_at) = toDate({day:String})
            GROUP BY tenant, minute, service, severity, logs.partition
            UNION ALL
            SELECT tenant, minute, service, severity, toString(partition), -toInt64(sum(logs_per_minute.records)),
              -toInt64(sum(logs_per_minute.bytes))
            FROM logs_per_minute WHERE ingested_on = toDate({day:String})
            GROUP BY tenant, minute, service, severity, partition
          )
          GROUP BY tenant, minute, service, severity, partition
        )
      )
      GROUP BY tenant, minute, service, severity, partition
      HAVING sum(a) != 0 OR sum(b) != 0
      ORDER BY minute, tenant, service, severity, partition`,
    params: { day },
    limits,
    settings
  })

const looks = 5

/** Differences that stay: an insert that is under way has rows and no rollup yet, or the other way round, for a moment. */
const steadyDifferences = Effect.fnUntraced(function* (day: string) {
  let steady = yield* differencesOf(day)
  for (let look = 1; look < looks && steady.length > 0; look++) {
    yield* Effect.sleep("200 millis")
    const now = new Set((yield* differencesOf(day)).map((one) => JSON.stringify(one)))
    steady = steady.filter((one) => now.has(JSON.stringify(one)))
  }
  return steady
})

const dayOf = (day: string, differences: ReadonlyArray<Difference>): RollupDay => {
  const counts = differences.map(({ records }) => Number(records))
  const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)
  return {
    day,
    places: differences.length,
    missing: sum(counts.filter((count) => count > 0)),
    surplus: sum(counts.filter((count) => count < 0).map(Math.abs))
  }
}

/** Reads only. */
export const findRollupDifferences: Effect.Effect<ReadonlyArray<RollupDay>, StoreError, Store> = Effect.gen(
  function* () {
    const days = yield* daysOfRows
    const found = yield* Effect.forEach(days, ({ day }) => Effect.map(steadyDifferences(day), (all) => dayOf(day, all)))
    return found.filter(({ places }) => places > 0)
  }
)

/**
 * Makes the rollup count the rows, day by day, and answers in how many places it did not. What an insert that is under way has not
 * counted yet is left to it.
 */
export const levelRollup: Effect.Effect<number, StoreError, Store> = Effect.gen(function* () {
  let mended = 0
  for (const { day } of yield* daysOfRows) {
    const differences = yield* steadyDifferences(day)
    if (differences.length === 0) continue
    yield* fill(differences)
    mended += differences.length
  }
  return mended
})

/** A count below 0 is a UInt64 modulo 2^64, as every sum of them is. */
const unsigned = (count: string): string => BigInt.asUintN(64, BigInt(count)).toString()

const fill = (differences: ReadonlyArray<Difference>) =>
  Store.use((store) =>
    Effect.tryPromise({
      try: () =>
        store.client.insert({
          table: "logs_per_minute",
          values: differences.map(({ bytes, day, minute, records, ...place }) => ({
            ...place,
            ingested_on: day,
            minute: moment(minute * 1000),
            records: unsigned(records),
            bytes: unsigned(bytes)
          })),
          format: "JSONEachRow",
          clickhouse_settings: { insert_deduplicate: 0, async_insert: 0, date_time_input_format: "best_effort" }
        }),
      catch: (cause) => toStoreError("make the rollup right", cause)
    })
  )
