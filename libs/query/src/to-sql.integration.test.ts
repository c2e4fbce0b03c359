// Differential test: both back ends give the same answer for random queries over random records, in a real ClickHouse engine.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Session } from "chdb"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseQuery } from "./parse.ts"
import { randomIndexedQuery, randomQuery, randomRecord } from "./random-query.ts"
import { toPredicate } from "./to-predicate.ts"
import { toSql } from "./to-sql.ts"

const total = Number(process.env.TAILRACE_DIFFERENTIAL_QUERIES ?? 2_000)
const seed = Number(process.env.TAILRACE_SEED ?? 20_261_121)
const recordCount = 200
const perStatement = 40
const now = 1_790_900_000_000

const random = ((state: number) => () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  let mixed = state ^ (state >>> 16)
  mixed = Math.imul(mixed, 0x45d9f3b)
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296
})(seed)

const folder = mkdtempSync(join(tmpdir(), "tailrace-query-"))
let session: Session
const batch = LogBatch.make({ partition: 0 })

const bytes = (text: string): string => `unhex('${Buffer.from(text).toString("hex")}')`
/** A condition with its parameters written in as constants, which only this test does. */
const inlined = (condition: string, params: Readonly<Record<string, unknown>>): string =>
  condition.replace(/\{(p\d+):([^}]+)\}/g, (_, name: string, type: string) => {
    const value = params[name]
    if (type === "Array(String)") return `[${(value as ReadonlyArray<string>).map(bytes).join(",")}]`
    if (type === "String") return bytes(String(value))
    return `CAST('${String(value)}' AS ${type})`
  })

beforeAll(() => {
  session = new Session(folder)
  const migration = readFileSync(new URL("../../../clickhouse/migrations/0001_logs.sql", import.meta.url), "utf8")
  session.query("CREATE DATABASE d")
  // One record a granule, so that an index that leaves out a granule it should not shows as a difference.
  session.query(
    migration.replace("IF NOT EXISTS logs", "d.logs").replace(/min_free_disk\w+ = \d+,/, "index_granularity = 1,")
  )
  batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: now })
  const rows: Array<string> = []
  for (let row = 0; row < recordCount; row++) {
    const record = randomRecord(random)
    batch.appendRecord(record)
    batch.source.codes[row] = batch.source.internText(record.source)
    const pairs = (map: Readonly<Record<string, string>>): string =>
      `map(${Object.entries(map)
        .map(([key, value]) => `${bytes(key)},${bytes(value)}`)
        .join(",")})`
    rows.push(
      `(${row}, fromUnixTimestamp64Nano(${record.timestamp}), ${record.severityNumber}, ${bytes(record.severity)}, ${bytes(record.service)}, ${bytes(record.host)}, ${bytes(record.source)}, ${bytes(record.traceId)}, ${bytes(record.body)}, ${record.parsed}, ${pairs(record.attributes)}, ${pairs(record.resource)})`
    )
  }
  session.query(
    `INSERT INTO d.logs (row, timestamp, severity_number, severity, service, host, source, trace_id, body, parsed, attributes, resource) VALUES ${rows.join(",")}`
  )
})

afterAll(() => {
  session.close()
  rmSync(folder, { recursive: true, force: true })
})

describe("the two back ends", () => {
  it(`agree on ${total} random queries over ${recordCount} records`, { timeout: 60_000 + total * 20 }, () => {
    const differences: Array<string> = []
    let matches = 0
    for (let done = 0; done < total; done += perStatement) {
      const queries = Array.from({ length: Math.min(perStatement, total - done) }, () => randomQuery(random))
      const parsed = queries.map((query) => parseQuery(query).ast)
      const conditions = parsed
        .map((ast) => toSql(ast, { now }))
        .map(({ condition, params }) => `toUInt8(${inlined(condition, params)})`)
      const answer = session.query(
        `SELECT row, concat(${conditions.map((one) => `toString(${one})`).join(",")}) FROM d.logs ORDER BY row`,
        "TSV"
      )
      const predicates = parsed.map((ast) => toPredicate(ast, { now }))
      for (const line of answer.trim().split("\n")) {
        const [row = "", bits = ""] = line.split("\t")
        expect(bits.length).toBe(queries.length)
        predicates.forEach((predicate, i) => {
          const here = predicate(batch, Number(row))
          if (here) matches++
          if (
            here !== (bits[i] === "1") &&
            differences.length < 20 &&
            !differences.some((one) => one.startsWith(`${queries[i]}\n`))
          ) {
            differences.push(
              `${queries[i]}\n  memory ${here}, ClickHouse ${bits[i]} on ${JSON.stringify(batch.record(Number(row)), (_, value) => (typeof value === "bigint" ? String(value) : value))}\n  ${JSON.stringify(toSql(parseQuery(queries[i] as string).ast, { now }))}`
            )
          }
        })
      }
    }
    expect(differences.join("\n\n")).toBe("")
    expect(matches).toBeGreaterThan(total)
  })

  const bound = Math.ceil(total / 8)
  it(`agree on ${bound} queries that indexes answer, parameters bound by the engine`, {
    timeout: 60_000 + total * 20
  }, () => {
    const queries = Array.from({ length: bound }, (_, i) => (i % 8 === 0 ? randomQuery : randomIndexedQuery)(random))
    for (const query of queries) {
      const { ast } = parseQuery(query)
      const { condition, params } = toSql(ast, { now })
      const sql = `SELECT arrayStringConcat(groupArray(toString(row)), ',') FROM (SELECT row FROM d.logs WHERE ${condition} ORDER BY row)`
      const answer = session.queryBind(sql, { ...params }, "TSVRaw").trim()
      const predicate = toPredicate(ast, { now })
      const rows = Array.from({ length: recordCount }, (_, row) => row).filter((row) => predicate(batch, row))
      expect(`${query}: ${answer}`).toBe(`${query}: ${rows.join(",")}`)
    }
  })

  it("answer through the token index of the body and the index of trace identities", () => {
    for (const [query, index] of [
      ["timeout", "body_tokens"],
      ['"Connection reset"', "body_tokens"],
      ["body = x", undefined],
      ["trace_id:0AF7651916CD43DD8448EB211C80319C", "trace"]
    ] as const) {
      const { condition, params } = toSql(parseQuery(query).ast, { now })
      const plan = session.query(
        `EXPLAIN indexes = 1 SELECT row FROM d.logs WHERE ${inlined(condition, params)}`,
        "TSVRaw"
      )
      expect(
        plan.includes("Name: body_tokens") ? "body_tokens" : plan.includes("Name: trace") ? "trace" : undefined
      ).toBe(index)
    }
  })
})
