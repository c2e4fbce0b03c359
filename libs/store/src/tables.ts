// Tables: what pipelines write to the store and read back of their own; a reference, so that a model can stand in for ClickHouse.
import { Context, Effect } from "effect"
import { fillRollup, rollupGaps } from "./recover/rollup-of-batch.ts"
import { lettersAfter, splitFrameFound } from "./recover/settled-records.ts"
import { read, Store } from "./store.ts"
import { type StoreError, toStoreError } from "./store-error.ts"
import { insertSettings } from "./write/insert-settings.ts"
import { postBlock } from "./write/post-block.ts"

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
  /**
   * Inserts of a partition that the store works on now, of whatever life: of rows, ledger entries and what is missing in the rollup,
   * or of dead letters.
   */
  readonly runningInserts: (partition: number, of?: "rows" | "dead letters") => Effect.Effect<number, StoreError, Store>
  /** The last insert of a partition into a table, or undefined when the table has nothing of it. */
  readonly lastInsert: (
    table: "logs" | "ledger",
    partition: number
  ) => Effect.Effect<StoredBatch | undefined, StoreError, Store>
  /** The insert of a partition that has this stamp, milliseconds since 1970, or undefined when the table has nothing of it. */
  readonly insertAt: (
    table: "logs" | "ledger",
    partition: number,
    ingestedAt: number
  ) => Effect.Effect<StoredBatch | undefined, StoreError, Store>
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
  /** Records of a stored batch that are there more than once: rows that have partition, sequence and row of another. */
  readonly doubledRows: (partition: number, ingestedAt: number) => Effect.Effect<number, StoreError, Store>
  /**
   * Places of the rollup, in the minutes of a stored batch, where it counts that partition's rows of the batch's day otherwise than
   * they are: 0 when it is exact. Places that were counted before the rollup told partitions apart are left out.
   */
  readonly rollupGaps: (partition: number, ingestedAt: number) => Effect.Effect<number, StoreError, Store>
  /** Adds what the rollup lacks in those places and takes off what it counts too much, whatever any token says. */
  readonly fillRollup: (partition: number, ingestedAt: number) => Effect.Effect<void, StoreError, Store>
}

const runningInserts = (partition: number, of: "rows" | "dead letters" = "rows") =>
  read<{ readonly running: string }>({
    operation: `look for running inserts of partition ${partition}`,
    sql: `SELECT count() AS running FROM system.processes
      WHERE arrayExists(begin -> startsWith(Settings['insert_deduplication_token'], begin), {begins:Array(String)})`,
    params: { begins: (of === "rows" ? ["", "ledger-", "fill-"] : ["dead-"]).map((name) => `${name}${partition}-`) }
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

/** The newest insert of a partition among those that a condition on `ingested_at` picks. */
const newestInsert = (
  table: "logs" | "ledger",
  condition: string,
  params: { readonly partition: number; readonly at: number }
): Effect.Effect<StoredBatch | undefined, StoreError, Store> => {
  const [first, last] = table === "logs" ? ["sequence", "sequence"] : ["first_sequence", "last_sequence"]
  return read<StoredBatchRow>({
    operation: `read the offset of partition ${params.partition} in ${table}`,
    sql: `SELECT min(${first}) AS first_sequence, max(${last}) AS last_sequence,
        toUnixTimestamp64Milli(ingested_at) AS ingested_at, max(attempt) AS attempt, count() AS rows
      FROM ${table}
      WHERE partition = {partition:UInt16} AND ${table}.ingested_at ${condition} fromUnixTimestamp64Milli({at:Int64})
      GROUP BY ${table}.ingested_at
      ORDER BY ${table}.ingested_at DESC
      LIMIT 1`,
    params,
    settings: { optimize_use_implicit_projections: 1 }
  }).pipe(
    Effect.map(([row]) =>
      row === undefined
        ? undefined
        : {
            firstSequence: Number(row.first_sequence),
            lastSequence: Number(row.last_sequence),
            ingestedAt: Number(row.ingested_at),
            attempt: row.attempt,
            rows: Number(row.rows)
          }
    )
  )
}

const lastInsert = Effect.fnUntraced(function* (table: "logs" | "ledger", partition: number) {
  const [newest] = yield* read<{ readonly at: string }>({
    operation: `read the newest insert of ${table}`,
    sql: `SELECT toUnixTimestamp64Milli(max(ingested_at)) AS at FROM ${table}`
  })
  const newestAt = Number(newest?.at ?? 0)
  if (newestAt === 0) return undefined
  for (const step of lookBack) {
    const found = yield* newestInsert(table, ">=", { partition, at: Math.max(0, newestAt - step) })
    if (found !== undefined) return found
  }
  return undefined
})

const insertAt = (table: "logs" | "ledger", partition: number, ingestedAt: number) =>
  newestInsert(table, "=", { partition, at: ingestedAt })

const doubledRows = (partition: number, ingestedAt: number) =>
  read<{ readonly doubled: string }>({
    operation: `look for doubled rows of partition ${partition}`,
    sql: `SELECT count() - uniqExact(sequence, row) AS doubled FROM logs
      WHERE partition = {partition:UInt16} AND ingested_at = fromUnixTimestamp64Milli({ingestedAt:Int64})`,
    params: { partition, ingestedAt }
  }).pipe(Effect.map(([row]) => Number(row?.doubled ?? 0)))

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

/** The tables of the store behind `Store`, unless another implementation is provided. */
export const Tables = Context.Reference<TablesShape>("@tailrace/store/Tables", {
  defaultValue: () => ({
    runningInserts,
    lastInsert,
    insertAt,
    insertNative,
    insertJson,
    lettersAfter,
    splitFrameFound,
    doubledRows,
    rollupGaps,
    fillRollup
  })
})
