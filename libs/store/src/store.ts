// Store: the one client to ClickHouse, a server or the embedded engine behind the store front, over HTTP.
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client"
import { Context, Effect, Layer, Redacted } from "effect"
import { type StoreError, toStoreError } from "./store-error.ts"

export interface StoreOptions {
  /** Where ClickHouse's HTTP interface answers, such as http://127.0.0.1:8123. */
  readonly url: string
  /** The database that holds the tables; `migrate` creates it. */
  readonly database: string
  readonly username?: string
  readonly password?: Redacted.Redacted<string>
  /** Milliseconds until a request counts as unanswered, 30,000 by default. */
  readonly timeoutMillis?: number
  /** Connections kept at most, 16 by default. */
  readonly connections?: number
}

export class Store extends Context.Service<
  Store,
  {
    readonly client: ClickHouseClient
    readonly database: string
    /** Creates the database when there is none; the only request that does not run inside it. */
    readonly createDatabase: Effect.Effect<void, StoreError>
  }
>()("@tailrace/store/Store") {
  /** Opens no connection by itself; the client closes with the scope. */
  static readonly layer = (options: StoreOptions): Layer.Layer<Store> =>
    Layer.effect(
      Store,
      Effect.acquireRelease(
        Effect.sync(() =>
          Store.of({ client: openClient(options), database: options.database, createDatabase: createDatabase(options) })
        ),
        (store) => Effect.promise(() => store.client.close())
      )
    )
}

const openClient = (options: StoreOptions): ClickHouseClient =>
  createClient({
    url: options.url,
    database: options.database,
    username: options.username ?? "default",
    password: options.password === undefined ? "" : Redacted.value(options.password),
    application: "tailrace",
    request_timeout: options.timeoutMillis ?? 30_000,
    max_open_connections: options.connections ?? 16,
    compression: { request: false, response: false },
    // What fails is told once, by the StoreError.
    log: { level: ClickHouseLogLevel.OFF }
  })

const createDatabase = (options: StoreOptions): Effect.Effect<void, StoreError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => openClient({ ...options, database: "default" })),
    (client) =>
      Effect.tryPromise({
        try: () => client.command({ query: `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(options.database)}` }),
        catch: (cause) => toStoreError("create the database", cause)
      }),
    (client) => Effect.promise(() => client.close())
  )

/** A name as ClickHouse takes any name: in back quotes, with back quotes and backslashes escaped. */
const quoteIdentifier = (name: string): string => `\`${name.replace(/[\\`]/g, "\\$&")}\``

/** Bounds of one read; the engine stops a query that goes beyond them and the caller gets its exception. */
export interface ReadLimits {
  readonly seconds: number
  readonly memoryBytes: number
  readonly resultRows: number
}

const defaultReadLimits: ReadLimits = { seconds: 30, memoryBytes: 1_000_000_000, resultRows: 1_000_000 }

export interface Read {
  /** What is being read, for the error: "search logs". */
  readonly operation: string
  readonly sql: string
  readonly params?: Record<string, unknown>
  readonly limits?: ReadLimits | undefined
  readonly settings?: ClickHouseSettings
}

/**
 * Runs a SELECT read-only within limits and answers its rows. 64-bit integers come as texts, so nothing is rounded
 * unless the reader says so. Interrupting the effect cancels the query in the engine.
 */
export const read = <Row>(query: Read): Effect.Effect<Array<Row>, StoreError, Store> =>
  Store.use((store) =>
    Effect.tryPromise({
      try: async (signal) => {
        const result = await store.client.query({
          query: query.sql,
          format: "JSONEachRow",
          query_params: query.params ?? {},
          abort_signal: signal,
          clickhouse_settings: readSettings(query)
        })
        return await result.json<Row>()
      },
      catch: (cause) => toStoreError(query.operation, cause)
    })
  )

const readSettings = (query: Read): ClickHouseSettings => {
  const limits = query.limits ?? defaultReadLimits
  return {
    ...query.settings,
    max_execution_time: limits.seconds,
    max_memory_usage: String(limits.memoryBytes),
    max_result_rows: String(limits.resultRows),
    result_overflow_mode: "throw",
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
    readonly: "2"
  }
}

/** Runs a statement that answers nothing: DDL, or an INSERT with its values in the text. */
export const command = (
  operation: string,
  sql: string,
  options: { readonly params?: Record<string, unknown>; readonly settings?: ClickHouseSettings } = {}
): Effect.Effect<void, StoreError, Store> =>
  Store.use((store) =>
    Effect.tryPromise({
      try: async (signal) => {
        await store.client.command({
          query: sql,
          query_params: options.params ?? {},
          clickhouse_settings: options.settings ?? {},
          abort_signal: signal
        })
      },
      catch: (cause) => toStoreError(operation, cause)
    })
  )
