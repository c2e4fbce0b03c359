// Tables that cannot be loaded: the store opens without them, leaves their data alone, and has one back once it is mended.
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { rowsOf, startFront, type TestFront, temporaryFolder } from "@tailrace/store/front/front.harness"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

const definition = (table: string) => globSync(join(dataDir, `store/*/*/${table}.sql`))[0] as string
const change = (table: string, how: (text: string) => string) =>
  writeFileSync(definition(table), how(readFileSync(definition(table), "utf8")))
const setting = (more: string) => (table: string) =>
  change(table, (text) => text.replace("index_granularity = 8192", `index_granularity = 8192, ${more}`))
const dataOf = (table: string): string => {
  const [, id = ""] = /UUID '([^']+)'/.exec(readFileSync(definition(table), "utf8")) ?? []
  return join(dataDir, "store", id.slice(0, 3), id)
}

const damages: Readonly<Record<string, (table: string) => void>> = {
  emptied: (table) => change(table, () => ""),
  halved: (table) => change(table, (text) => text.slice(0, text.length / 2)),
  no_sql: (table) => change(table, () => "ATTACH TABLE _ UUID (\n"),
  unknown_engine: (table) => change(table, (text) => text.replace("MergeTree", "NoSuchTree")),
  unknown_policy: setting("storage_policy = 'none'"),
  web_disk: setting("disk = disk(type = 'web', endpoint = 'http://127.0.0.1:9/')"),
  other_format: (table) => writeFileSync(join(dataOf(table), "format_version.txt"), "99\n")
}
const tables = Object.keys(damages)

let dataDir: string
let front: TestFront
let places: Record<string, string>
let whole: string

beforeAll(async () => {
  dataDir = await temporaryFolder()
  front = await startFront({ dataDir })
  const make = (table: string) => `CREATE TABLE ${table} (a UInt8) ENGINE = MergeTree ORDER BY a`
  for (const query of [
    "CREATE DATABASE x",
    ...["x.good", ...tables.map((table) => `x.${table}`)].map(make),
    "CREATE VIEW x.v AS SELECT a FROM x.unknown_engine",
    "CREATE MATERIALIZED VIEW x.m TO x.unknown_engine AS SELECT a FROM x.good",
    "INSERT INTO x.unknown_engine VALUES (7)",
    "INSERT INTO x.good VALUES (8)"
  ]) {
    await front.client.command({ query })
  }
  await front.stop()
  places = Object.fromEntries(tables.map((table) => [table, relative(dataDir, definition(table))]))
  whole = readFileSync(definition("unknown_engine"), "utf8")
  for (const [table, damage] of Object.entries(damages)) damage(table)
  front = await startFront({ dataDir })
})
afterAll(async () => {
  await front.remove()
  rmSync(dataDir, { recursive: true, force: true })
})

describe("a store with damaged tables", () => {
  test("opens without them and with all others", async () => {
    expect(await rowsOf(front.client, "SELECT a FROM x.good")).toEqual([{ a: 8 }])
    const left = await rowsOf<{ name: string }>(
      front.client,
      "SELECT name FROM system.tables WHERE database = 'x' ORDER BY name"
    )
    expect(left.map(({ name }) => name)).toEqual(["good", "m", "v"])
  })

  test("keeps their definitions under the paths they had", () => {
    const kept = globSync(join(dataDir, "quarantine/store/*/*/*.sql")).map((path) =>
      relative(join(dataDir, "quarantine"), path)
    )
    expect(kept.sort()).toEqual(Object.values(places).sort())
  })

  test("has one back with its data once its definition is mended and moved to its place", async () => {
    await front.stop()
    const place = join(dataDir, places.unknown_engine as string)
    const [aside] = globSync(join(dataDir, `quarantine/store/*/*/${basename(place)}`))
    writeFileSync(aside as string, whole)
    renameSync(aside as string, place)
    front = await startFront({ dataDir })
    expect(await rowsOf(front.client, "SELECT a FROM x.v ORDER BY a")).toEqual([{ a: 7 }, { a: 8 }])
  })
})
