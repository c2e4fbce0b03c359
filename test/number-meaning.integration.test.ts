// Differential test: a text is the same number, or none, to a query in memory, its SQL in a real engine, metrics and derived fields.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LogBatch } from "@tailrace/domain/log-batch"
import { evaluatorOf } from "@tailrace/pipeline/enrich/evaluate"
import { parseExpression } from "@tailrace/pipeline/enrich/expression"
import { FieldReader } from "@tailrace/pipeline/field-reader"
import { metricCatalogue } from "@tailrace/pipeline/window/catalogue"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { toSql } from "@tailrace/query/to-sql"
import { Session } from "chdb"
import { Effect } from "effect"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

/** Texts and the number each is; undefined for those that are none. */
const known: ReadonlyArray<readonly [string, number | undefined]> = [
  ["7", 7],
  ["-3.25", -3.25],
  ["007", 7],
  ["1e3", 1_000],
  ["-0", 0],
  ["12345678901234567890", Number("12345678901234567890")],
  ["0.1234567890123456789", Number("0.1234567890123456789")],
  ["9".repeat(32), 1e32],
  ["+2", undefined],
  [".5", undefined],
  ["5.", undefined],
  [" 7 ", undefined],
  ["0x10", undefined],
  ["1_000", undefined],
  ["1,5", undefined],
  ["١", undefined],
  ["NaN", undefined],
  ["nan", undefined],
  ["Infinity", undefined],
  ["-inf", undefined],
  ["1e999", undefined],
  ["9".repeat(33), undefined],
  ["9".repeat(400), undefined],
  ["7\n", undefined],
  ["7\0", undefined]
]

const part = fc.constantFrom("0", "1", "9", ".", "-", "e", "E", "+", " ", "_", "é", "12345")
const generated = fc.sample(
  fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 7 }).map((all) => all.join("")),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e90, max: 1e90 }).map(String),
    fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()).map(([whole, fraction]) => `${whole}.${fraction}`)
  ),
  { numRuns: 400, seed: 20_261_201 }
)
const texts = [...known.map(([text]) => text), ...generated]

const folder = mkdtempSync(join(tmpdir(), "tailrace-numbers-"))
let session: Session
const batch = LogBatch.make({ partition: 0 })

beforeAll(() => {
  session = new Session(folder)
  session.query("CREATE TABLE logs (row UInt32, attributes Map(LowCardinality(String), String)) ENGINE = Memory")
  batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: 0 })
  for (const text of texts) batch.appendRecord({ attributes: { f: text } })
  const rows = texts.map((text, row) => `(${row}, map('f', unhex('${Buffer.from(text).toString("hex")}')))`)
  session.query(`INSERT INTO logs VALUES ${rows.join(",")}`)
})

afterAll(() => {
  session.close()
  rmSync(folder, { recursive: true, force: true })
})

const rowsInMemory = (query: string): ReadonlyArray<number> => {
  const predicate = toPredicate(parseQuery(query).ast, { now: 0 })
  return texts.flatMap((_, row) => (predicate(batch, row) ? [row] : []))
}

const rowsInEngine = (query: string): ReadonlyArray<number> => {
  const { condition, params } = toSql(parseQuery(query).ast, { now: 0 })
  const answer = session.queryBind(`SELECT row FROM logs WHERE ${condition} ORDER BY row`, { ...params }, "TSV").trim()
  return answer === "" ? [] : answer.split("\n").map(Number)
}

/** What a metric makes of one row alone. */
const measured = (name: string, row: number, field = "f"): number | undefined => {
  const component = metricCatalogue.find((metric) => metric.name === name)
  const kind = Effect.runSync(component?.make({ quantiles: [0.5] } as never) as Effect.Effect<never>) as {
    readonly makeCells: () => import("@tailrace/pipeline/window/metric-kind").Cells
  }
  const cells = kind.makeCells()
  const reader = new FieldReader(field)
  reader.bind(batch)
  return cells.add(0, reader, row) ? cells.value(0, 1) + 0 : undefined
}

const derived = evaluatorOf(Effect.runSync(parseExpression("f + 0", "value")))

describe("a text", () => {
  it.each(known)("%j is the number %s everywhere", (text, number) => {
    const row = texts.indexOf(text)
    derived.bind(batch)
    expect(derived.value(row)).toBe(number)
    for (const metric of ["sum", "avg", "min", "max"]) expect(measured(metric, row)).toBe(number)
    // Exactly it: nothing beside a number is both at least and at most as large.
    const query = number === undefined ? "f >= -9e99 AND f <= 9e99" : `f >= ${number} AND f <= ${number}`
    expect(rowsInMemory(query).includes(row)).toBe(number !== undefined)
    expect(rowsInEngine(query).includes(row)).toBe(number !== undefined)
  })

  it("is a number everywhere or nowhere", () => {
    derived.bind(batch)
    const everywhere = texts.flatMap((_, row) => (derived.value(row) === undefined ? [] : [row]))
    expect(everywhere.length).toBeGreaterThan(100)
    expect(texts.length - everywhere.length).toBeGreaterThan(100)
    for (const metric of ["sum", "avg", "min", "max", "quantiles"])
      expect(texts.flatMap((_, row) => (measured(metric, row) === undefined ? [] : [row]))).toEqual(everywhere)
    expect(rowsInMemory("f > -9e99")).toEqual(everywhere)
    expect(rowsInEngine("f > -9e99")).toEqual(everywhere)
  })

  it("is the same number to a query as to a metric", () => {
    for (const [row, text] of texts.entries()) {
      const number = measured("max", row)
      if (number === undefined) continue
      const query = `f >= ${number} AND f <= ${number}`
      expect(`${text}: ${rowsInMemory(query).includes(row)}`).toBe(`${text}: true`)
      expect(`${text}: ${rowsInEngine(query).includes(row)}`).toBe(`${text}: true`)
    }
  })

  it("that a record has no severity number is no number 0", () => {
    expect(measured("sum", 0, "severity_number")).toBeUndefined()
    expect(rowsInMemory("severity_number >= 0")).toEqual([])
  })
})
