// Tables: what pipelines write to the store and read back of their own; a reference, so that a model can stand in for ClickHouse.
import type { ClickHouseSettings } from "@clickhouse/client"
import { Context, Effect } from "effect"
import { insertSettings } from "./insert-settings.ts"
import { blockColumns } from "./native-block.ts"
import { postBlock } from "./post-block.ts"
import { lettersAfter, splitFrameFound } from "./settled-records.ts"
import { command, read, Store } from "./store.ts"
import { type StoreError, toStoreError } from "./store-error.ts"

/** The batch of a partition that was inserted last, as its rows tell. */
export interface StoredBatch {
  /** First and last sequence among its rows. */
  readonly firstSequence: number
  readonly lastSequence: number
  /** Milliseconds since 1970; names the batch within its partition. */
  readonly ingestedAt: number
  readonly attempt: number
  readonly rows: number
}

/** Each call is one request, or a few reads; whatever fails may be asked again. */
export interface TablesShape {
  /** Inserts of rows, ledger entries and what is missing in the rollup of a partition that the store works on now, of whatever life. */
  readonly runningInserts: (partition: number) => Effect.Effect<number, StoreError, Store>
  /** The last insert of a partition into a table, or undefined when the table has nothing of it. */
  readonly lastInsert: (
    table: "logs" | "ledger",
    partition: number
  ) => Effect.Effect<StoredBatch | undefined, StoreError, Store>
  /** The rows of a stored batch, the columns of `blockColumns` as one block in Native format, by sequence and row. */
  readonly readBatch: (partition: number, ingestedAt: number) => Effect.Effect<Uint8Array, StoreError, Store>
  /** Inserts a block of Native format into some columns of a table: all rows or none, once per token. */
  readonly insertNative: (
    table: string,
    columns: string,
    token: string,
    bytes: Uint8Array
  ) => Effect.Effect<void, StoreError, Store>
  /** Inserts rows, all or none, once per token. */
  readonly insertJson: (
    table: string,
    rows: ReadonlyArray<object>,
    token: string
  ) => Effect.Effect<void, StoreError, Store>
  /** See `lettersAfter`. */
  readonly lettersAfter: typeof lettersAfter
  /** See `splitFrameFound`. */
  readonly splitFrameFound: typeof splitFrameFound
  /**
   * How many times the rollup lacks the rows of a stored batch: 0 when it counts them once, negative when too often, and no
   * whole number when it differs in another way. Undefined where it counted before it told partitions apart.
   */
  readonly rollupShortage: (
    partition: number,
    ingestedAt: number
  ) => Effect.Effect<number | undefined, StoreError, Store>
  /** Adds the rows of a stored batch to the rollup, whatever its tokens say; with a negative number of times takes them off. */
  readonly fillRollup: (partition: number, ingestedAt: number, times: number) => Effect.Effect<void, StoreError, Store>
}

const runningInserts = (partition: number) =>
  read<{ readonly running: string }>({
    operation: `look for running inserts of partition ${partition}`,
    sql: `SELECT count() AS running FROM system.processes
      WHERE Settings['insert_deduplication_token'] LIKE {rows:String}
        OR Settings['insert_deduplication_token'] LIKE {ledger:String}
        OR Settings['insert_deduplication_token'] LIKE {fill:String}`,
    params: { rows: `${partition}-%`, ledger: `ledger-${partition}-%`, fill: `fill-${partition}-%` }
  }).pipe(Effect.map(([row]) => Number(row?.running ?? 0)))

// The newest insert of all partitions is known from part metadata, so reading back from there touches little. Steps in
// milliseconds; the last one is everything.
const lookBack = [600_000, 86_400_000, Number.MAX_SAFE_INTEGER]

interface StoredBatchRow {
  readonly first_sequence: string
  readonly last_sequence: string
  readonly ingested_at: string
  readonly attempt: number
  readonly rows: string
}

const lastInsert = Effect.fnUntraced(function* (table: "logs" | "ledger", partition: number) {
  const [first, last] = table === "logs" ? ["sequence", "sequence"] : ["first_sequence", "last_sequence"]
  const [newest] = yield* read<{ readonly at: string }>({
    operation: `read the newest insert of ${table}`,
    sql: `SELECT toUnixTimestamp64Milli(max(ingested_at)) AS at FROM ${table}`
  })
  const newestAt = Number(newest?.at ?? 0)
  if (newestAt === 0) return undefined
  for (const step of lookBack) {
    const [row] = yield* read<StoredBatchRow>({
      operation: `read the offset of partition ${partition} in ${table}`,
      sql: `SELECT min(${first}) AS first_sequence, max(${last}) AS last_sequence,
          toUnixTimestamp64Milli(ingested_at) AS ingested_at, max(attempt) AS attempt, count() AS rows
        FROM ${table}
        WHERE partition = {partition:UInt16} AND ${table}.ingested_at >= fromUnixTimestamp64Milli({since:Int64})
        GROUP BY ${table}.ingested_at
        ORDER BY ${table}.ingested_at DESC
        LIMIT 1`,
      params: { partition, since: Math.max(0, newestAt - step) },
      settings: { optimize_use_implicit_projections: 1 }
    })
    if (row !== undefined) {
      return {
        firstSequence: Number(row.first_sequence),
        lastSequence: Number(row.last_sequence),
        ingestedAt: Number(row.ingested_at),
        attempt: row.attempt,
        rows: Number(row.rows)
      } satisfies StoredBatch
    }
  }
  return undefined
})

/** Sorting in one thread ends in blocks of this many rows, so that a batch is one. */
const oneBlock: ClickHouseSettings = {
  max_block_size: "16777216",
  preferred_block_size_bytes: "0",
  max_threads: 1,
  max_execution_time: 60,
  readonly: "2"
}

const readBatch = (partition: number, ingestedAt: number) =>
  Store.use((store) =>
    Effect.tryPromise({
      try: async () => {
        const { stream } = await store.client.exec({
          query: `SELECT ${blockColumns.map(([name]) => name).join(", ")} FROM logs
            WHERE partition = {partition:UInt16} AND ingested_at = fromUnixTimestamp64Milli({ingestedAt:Int64})
            ORDER BY sequence, row
            FORMAT Native`,
          query_params: { partition, ingestedAt },
          clickhouse_settings: oneBlock
        })
        const chunks: Array<Uint8Array> = []
        for await (const chunk of stream) chunks.push(chunk as Uint8Array)
        return Buffer.concat(chunks)
      },
      catch: (cause) => toStoreError(`read batch ${ingestedAt} of partition ${partition}`, cause)
    })
  )

const insertNative = (table: string, columns: string, token: string, bytes: Uint8Array) =>
  Store.use((store) =>
    Effect.tryPromise({
      // Not aborted on interruption: an aborted insert has an unknown result, a finished one has a known one.
      try: () =>
        postBlock(store.client, `INSERT INTO ${table} (${columns}) FORMAT Native`, bytes, insertSettings(token)),
      catch: (cause) => toStoreError(`insert into ${table}`, cause)
    })
  )

const insertJson = (table: string, rows: ReadonlyArray<object>, token: string) =>
  Store.use((store) =>
    Effect.tryPromise({
      try: () =>
        store.client.insert({
          table,
          values: [...rows],
          format: "JSONEachRow",
          clickhouse_settings: { ...insertSettings(token), date_time_input_format: "best_effort" }
        }),
      catch: (cause) => toStoreError(`insert into ${table}`, cause)
    })
  ).pipe(Effect.asVoid)

const rollupShortage = (partition: number, ingestedAt: number) =>
  read<{ readonly least: number; readonly most: number; readonly unknown: string }>({
    operation: "compare the rollup with a batch",
    sql: shortage,
    params: { partition, ingestedAt }
  }).pipe(
    Effect.map(([row]) => {
      if (row === undefined || Number(row.unknown) > 0) return undefined
      return row.least === row.most ? row.least : Number.NaN
    })
  )

/** By each minute, service and so on of a batch: what its partition's rows there are more than the rollup says, in batches. */
const shortage = `WITH
    fromUnixTimestamp64Milli({ingestedAt:Int64}) AS stamp,
    (SELECT (toStartOfMinute(min(timestamp)), toDateTime64(toStartOfMinute(max(timestamp)), 9) + INTERVAL 1 MINUTE)
      FROM logs WHERE partition = {partition:UInt16} AND ingested_at = stamp) AS span,
    cells AS (
      SELECT tenant, toStartOfMinute(timestamp) AS minute, service, severity
      FROM logs WHERE partition = {partition:UInt16} AND ingested_at = stamp GROUP BY ALL)
  SELECT min(times) AS least, max(times) AS most, sum(unknown) AS unknown
  FROM (
    SELECT (sum(stored) - sum(counted)) / sum(own) AS times, sum(before) AS unknown
    FROM (
      SELECT tenant, toStartOfMinute(timestamp) AS minute, service, severity, toInt64(count()) AS stored,
        toInt64(0) AS counted, toInt64(countIf(ingested_at = stamp)) AS own, toUInt64(0) AS before
      FROM logs
      WHERE partition = {partition:UInt16} AND toDate(ingested_at) = toDate(stamp)
        AND timestamp >= span.1 AND timestamp < span.2
        AND (tenant, toStartOfMinute(timestamp), service, severity) IN cells
      GROUP BY tenant, minute, service, severity
      UNION ALL
      SELECT tenant, minute, service, severity, toInt64(0), toInt64(sumIf(logs_per_minute.records, partition != '')),
        toInt64(0), countIf(partition = '')
      FROM logs_per_minute
      WHERE partition IN ('', toString({partition:UInt16})) AND ingested_on = toDate(stamp)
        AND (tenant, minute, service, severity) IN cells
      GROUP BY tenant, minute, service, severity
    )
    GROUP BY tenant, minute, service, severity
  )`

const fillRollup = (partition: number, ingestedAt: number, times: number) =>
  command("fill the rollup of a batch", fill, {
    params: { partition, ingestedAt, times },
    // The counts decide: a token logged for nothing is what this mends, and here it only tells what is running.
    settings: {
      insert_deduplicate: 0,
      async_insert: 0,
      insert_deduplication_token: `fill-${partition}-${ingestedAt}`
    }
  })

/** The select of logs_per_minute_of_partition over one batch. A negative count is a UInt64 modulo 2^64, as every sum of them is. */
const fill = `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, partition, records, bytes)
  SELECT toDate(ingested_at) AS ingested_on, tenant, toStartOfMinute(timestamp) AS minute, service, severity,
    toString(logs.partition) AS partition, toUInt64(toInt64(count()) * {times:Int64}) AS records,
    toUInt64(toInt64(sum(length(body))) * {times:Int64}) AS bytes
  FROM logs
  WHERE logs.partition = {partition:UInt16} AND ingested_at = fromUnixTimestamp64Milli({ingestedAt:Int64})
  GROUP BY ingested_on, tenant, minute, service, severity, logs.partition`

/** The tables of the store behind `Store`, unless another implementation is provided. */
export const Tables = Context.Reference<TablesShape>("@tailrace/store/Tables", {
  defaultValue: () => ({
    runningInserts,
    lastInsert,
    readBatch,
    insertNative,
    insertJson,
    lettersAfter,
    splitFrameFound,
    rollupShortage,
    fillRollup
  })
})
