// Unit tests of migrations: naming, statements, checksums.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MigrationError, migrationsFolder, parseMigration, readMigrations } from "./migrations.ts"

const parsed = (name: string, text: string) => {
  const migration = parseMigration(name, text)
  if (migration instanceof MigrationError) throw migration
  return migration
}

const refusal = (name: string, text: string) => {
  const migration = parseMigration(name, text)
  return migration instanceof MigrationError ? migration.message : undefined
}

describe("a migration file", () => {
  it("is cut into statements at semicolons that end a line, without its comment lines", () => {
    const migration = parsed(
      "0003_two.sql",
      "-- first; words\nCREATE TABLE IF NOT EXISTS a (x UInt8 DEFAULT ';')\nENGINE = Memory;\n\nDROP VIEW IF EXISTS b;\n"
    )
    assert.strictEqual(migration.version, 3)
    assert.deepStrictEqual(migration.statements, [
      "CREATE TABLE IF NOT EXISTS a (x UInt8 DEFAULT ';')\nENGINE = Memory",
      "DROP VIEW IF EXISTS b"
    ])
  })

  it("has the same checksum with CRLF line ends and another one when a letter changes", () => {
    const text = "DROP VIEW IF EXISTS a;\nDROP VIEW IF EXISTS b;\n"
    const checksum = parsed("0001_a.sql", text).checksum
    assert.strictEqual(parsed("0001_a.sql", text.replaceAll("\n", "\r\n")).checksum, checksum)
    assert.notStrictEqual(parsed("0001_a.sql", text.replace("b", "c")).checksum, checksum)
  })

  it("is refused when its name has no number", () => {
    assert.include(refusal("logs.sql", "") ?? "", "NNNN_words.sql")
  })

  it("is refused when a statement cannot run twice", () => {
    assert.include(refusal("0001_a.sql", "CREATE TABLE a (x UInt8) ENGINE = Memory;") ?? "", "cannot run twice")
    assert.include(refusal("0001_a.sql", "ALTER TABLE a ADD COLUMN x UInt8;") ?? "", "cannot run twice")
    assert.isUndefined(refusal("0001_a.sql", "ALTER TABLE a ADD COLUMN IF NOT EXISTS x UInt8;"))
  })
})

describe("the repository's migrations", () => {
  it.effect("are numbered from 1 without a gap and never name a database", () =>
    Effect.gen(function* () {
      const migrations = yield* readMigrations(migrationsFolder)
      assert.deepStrictEqual(
        migrations.map((migration) => migration.version),
        migrations.map((_, index) => index + 1)
      )
      for (const { statements } of migrations) {
        for (const statement of statements) assert.notMatch(statement, /\b(FROM|TO|INTO|EXISTS)\s+\w+\.\w+/)
      }
    })
  )
})
