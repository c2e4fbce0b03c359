// Migrations: numbered SQL files brought to the store in order, each recorded with its checksum.
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import { command, read, Store } from "./store.ts"
import { type StoreError, toStoreError } from "./store-error.ts"

export interface Migration {
  readonly version: number
  /** File name, such as 0001_logs.sql. */
  readonly name: string
  readonly statements: ReadonlyArray<string>
  /** SHA-256 of the file's text with LF line ends, hexadecimal. */
  readonly checksum: string
}

export class MigrationError extends Schema.TaggedError<MigrationError>()("MigrationError", {
  message: Schema.String
}) {}

/** clickhouse/migrations of this repository. */
export const migrationsFolder = fileURLToPath(new URL("../../../clickhouse/migrations", import.meta.url))

const namePattern = /^(\d{4})_[a-z0-9_]+\.sql$/
// One process may die in the middle of a file and two may apply it at once, so every statement has to bear repetition.
const repeatable =
  /^(CREATE .*?\bIF NOT EXISTS\b|DROP .*?\bIF EXISTS\b|CREATE OR REPLACE\b|ALTER TABLE\b.*?\b(IF NOT EXISTS|IF EXISTS|MODIFY)\b)/is

/** A migration from a file's name and text, or the reason why it is none. */
export const parseMigration = (name: string, text: string): Migration | MigrationError => {
  const match = namePattern.exec(name)
  if (match === null) {
    return new MigrationError({ message: `${name} is not named like a migration, call it NNNN_words.sql` })
  }
  const normal = text.replace(/\r\n/g, "\n")
  const statements = normal
    .replace(/^--.*$/gm, "")
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")
  const once = statements.find((statement) => !repeatable.test(statement))
  if (once !== undefined) {
    const start = once.slice(0, 60).replace(/\s+/g, " ")
    return new MigrationError({ message: `${name}: "${start}" cannot run twice, say IF NOT EXISTS or IF EXISTS` })
  }
  const checksum = createHash("sha256").update(normal).digest("hex")
  return { version: Number(match[1]), name, statements, checksum }
}

/** The migrations of a folder in order of version. */
export const readMigrations = (folder: string): Effect.Effect<ReadonlyArray<Migration>, MigrationError> =>
  Effect.gen(function* () {
    const names = yield* fileSystem(folder, () => readdir(folder))
    const migrations: Array<Migration> = []
    for (const name of names.filter((entry) => entry.endsWith(".sql")).sort()) {
      const migration = parseMigration(name, yield* fileSystem(name, () => readFile(join(folder, name), "utf8")))
      if (migration instanceof MigrationError) return yield* migration
      if (migrations.at(-1)?.version === migration.version) {
        return yield* new MigrationError({
          message: `${name} has the number of ${migrations.at(-1)?.name}, renumber it`
        })
      }
      migrations.push(migration)
    }
    return migrations
  })

const fileSystem = <A>(what: string, use: () => Promise<A>): Effect.Effect<A, MigrationError> =>
  Effect.tryPromise({
    try: use,
    catch: (cause) => new MigrationError({ message: `cannot read the migrations at ${what}: ${String(cause)}` })
  })

const createRecords = `CREATE TABLE IF NOT EXISTS schema_migrations
(version UInt32, name String, checksum String, applied_at DateTime64(3) DEFAULT now64(3))
ENGINE = MergeTree ORDER BY version
SETTINGS non_replicated_deduplication_window = 1000`

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/**
 * Creates the database when there is none and applies what was not applied yet; answers the names applied now. Any number
 * of processes may do so at once: statements bear repetition and a record is inserted under a token of its own. A file
 * that changed after it was applied is refused before anything runs. Versions the folder does not know are left alone: a
 * newer release has been here.
 */
export const migrate = (
  folder: string = migrationsFolder
): Effect.Effect<ReadonlyArray<string>, StoreError | MigrationError, Store> =>
  Effect.gen(function* () {
    const migrations = yield* readMigrations(folder)
    const { createDatabase } = yield* Store
    yield* createDatabase
    yield* command("create schema_migrations", createRecords)
    const applied = new Map<number, Applied>()
    for (const row of yield* readApplied) applied.set(row.version, row)
    for (const migration of migrations) {
      const before = applied.get(migration.version)
      if (before !== undefined && before.checksum !== migration.checksum) {
        return yield* new MigrationError({
          message:
            `${migration.name} changed after it was applied as ${before.name} (checksum ${before.checksum.slice(0, 12)}, ` +
            `now ${migration.checksum.slice(0, 12)}), restore the file and put the change into a new migration`
        })
      }
    }
    const pending = migrations.filter((migration) => !applied.has(migration.version))
    for (const migration of pending) {
      for (const statement of migration.statements) yield* command(`apply ${migration.name}`, statement)
      yield* record(migration)
    }
    return pending.map((migration) => migration.name)
  })

const readApplied = read<Applied>({
  operation: "read schema_migrations",
  sql: "SELECT version, any(name) AS name, any(checksum) AS checksum FROM schema_migrations GROUP BY version"
})

export interface MigrationState {
  readonly name: string
  /** changed: the file is not what was applied; unknown: applied by a release that has files this one lacks. */
  readonly state: "applied" | "pending" | "changed" | "unknown"
}

/** How the store stands beside the files, in order of version; changes nothing. All pending where no table records them. */
export const migrationStates = (
  folder: string = migrationsFolder
): Effect.Effect<ReadonlyArray<MigrationState>, StoreError | MigrationError, Store> =>
  Effect.gen(function* () {
    const migrations = yield* readMigrations(folder)
    const tables = yield* read<{ readonly name: string }>({
      operation: "look for schema_migrations",
      sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'"
    })
    const applied = new Map((tables.length === 0 ? [] : yield* readApplied).map((row) => [row.version, row]))
    const states = migrations.map(({ version, name, checksum }): MigrationState => {
      const before = applied.get(version)
      applied.delete(version)
      return { name, state: before === undefined ? "pending" : before.checksum === checksum ? "applied" : "changed" }
    })
    return [...states, ...[...applied.values()].map(({ name }): MigrationState => ({ name, state: "unknown" }))]
  })

const record = (migration: Migration): Effect.Effect<void, StoreError, Store> =>
  Store.use((store) =>
    Effect.tryPromise({
      try: () =>
        store.client.insert({
          table: "schema_migrations",
          format: "JSONEachRow",
          values: [{ version: migration.version, name: migration.name, checksum: migration.checksum }],
          columns: ["version", "name", "checksum"],
          clickhouse_settings: {
            async_insert: 0,
            insert_deduplicate: 1,
            insert_deduplication_token: `migration-${migration.version}-${migration.checksum}`
          }
        }),
      catch: (cause) => toStoreError(`record ${migration.name}`, cause)
    })
  )
