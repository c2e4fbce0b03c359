// Integration tests of migrations: applied once, by any number of starters, refused when changed.
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { startStore } from "@tailrace/testing/store"
import { Effect } from "effect"
import { migrate, migrationsFolder, readMigrations } from "./migrations.ts"
import { read, Store } from "./store.ts"

const folderOf = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "tailrace-migrations-"))
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )

const recorded = read<{ name: string; records: string }>({
  operation: "read records",
  sql: "SELECT name, count() AS records FROM schema_migrations GROUP BY name ORDER BY name"
})

describe("migrating", () => {
  it.live("applies every file once, also when several processes start at once", () =>
    Effect.gen(function* () {
      const { url } = yield* startStore
      const fresh = Store.layer({ url, database: `fresh_${process.pid}` })
      const starter = Effect.provide(migrate(), fresh)
      yield* Effect.all([starter, starter, starter, starter], { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* starter, [])
      const names = (yield* readMigrations(migrationsFolder)).map(({ name }) => name)
      assert.deepStrictEqual(
        yield* Effect.provide(recorded, fresh),
        names.map((name) => ({ name, records: "1" }))
      )
    })
  )

  it.live("goes on where it left off and refuses a file that changed, before anything runs", () =>
    Effect.gen(function* () {
      const { url } = yield* startStore
      const own = Store.layer({ url, database: `own-"\`\\${process.pid}` })
      const run = (folder: string) => Effect.provide(migrate(folder), own)
      const one = { "0001_one.sql": "CREATE TABLE IF NOT EXISTS one (x UInt8) ENGINE = Memory;\n" }
      const two = { "0002_two.sql": "CREATE TABLE IF NOT EXISTS two (x UInt8) ENGINE = Memory;\n" }
      assert.deepStrictEqual(yield* run(yield* folderOf(one)), ["0001_one.sql"])
      const changed = { "0001_one.sql": "CREATE TABLE IF NOT EXISTS one (x UInt16) ENGINE = Memory;\n", ...two }
      const error = yield* Effect.flip(run(yield* folderOf(changed)))
      assert.include(error.message, "0001_one.sql changed after it was applied")
      const tables = read<{ name: string }>({ operation: "tables", sql: "SHOW TABLES LIKE 'two'" })
      assert.deepStrictEqual(yield* Effect.provide(tables, own), [])
      assert.deepStrictEqual(yield* run(yield* folderOf({ ...one, ...two })), ["0002_two.sql"])
    })
  )
})
