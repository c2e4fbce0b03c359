// Survey: what a store really has - version, clock, disks, parts, merges - and how its tables write.
import { Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface DiskFacts {
  readonly name: string
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface StoreSurvey {
  readonly version: string
  /** Its clock, milliseconds since 1970. */
  readonly nowMillis: number
  readonly uptimeSeconds: number
  readonly disks: ReadonlyArray<DiskFacts>
  /** The partition of a table with the most active parts; undefined while there are none. */
  readonly mostParts: { readonly table: string; readonly parts: number } | undefined
  readonly merges: number
  /** Seconds that the merge under way for longest has taken. */
  readonly longestMergeSeconds: number
  /** Tables whose parts are not synced to the disk before an insert is answered. */
  readonly unsynced: ReadonlyArray<string>
}

/** Asks the store about itself. Fails with the first question it does not answer. */
export const surveyStore: Effect.Effect<StoreSurvey, StoreError, Store> = Effect.gen(function* () {
  const [server] = yield* read<{ readonly version: string; readonly now: string; readonly uptime: string }>({
    operation: "ask the store's version and time",
    sql: "SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now, uptime() AS uptime"
  })
  const disks = yield* read<{ readonly name: string; readonly free: string; readonly total: string }>({
    operation: "ask the store's disks",
    sql: "SELECT name, unreserved_space AS free, total_space AS total FROM system.disks"
  })
  const [parts] = yield* read<{ readonly table: string; readonly parts: string }>({
    operation: "count the store's parts",
    sql: `SELECT table, count() AS parts FROM system.parts WHERE active AND database = currentDatabase()
      GROUP BY table, partition_id ORDER BY parts DESC LIMIT 1`
  })
  const [merges] = yield* read<{ readonly merges: string; readonly longest: number }>({
    operation: "count the store's merges",
    sql: "SELECT count() AS merges, max(elapsed) AS longest FROM system.merges"
  })
  const unsynced = yield* read<{ readonly name: string }>({
    operation: "ask how the tables write",
    sql: `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
        AND name != 'schema_migrations' AND engine_full NOT LIKE '%fsync_after_insert = 1%' ORDER BY name`
  })
  return {
    version: server?.version ?? "unknown",
    nowMillis: Number(server?.now ?? 0),
    uptimeSeconds: Number(server?.uptime ?? 0),
    disks: disks.map(({ name, free, total }) => ({ name, freeBytes: Number(free), totalBytes: Number(total) })),
    mostParts: parts === undefined ? undefined : { table: parts.table, parts: Number(parts.parts) },
    merges: Number(merges?.merges ?? 0),
    longestMergeSeconds: merges?.longest ?? 0,
    unsynced: unsynced.map(({ name }) => name)
  }
})
