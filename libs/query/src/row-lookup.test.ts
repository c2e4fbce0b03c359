// Tests of the row lookup: that it leaves out no row which a query matches, and leaves out the others where it can.
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { describe, expect, it } from "vitest"
import { parseQuery } from "./parse.ts"
import { type Random, randomIndexedQuery, randomQuery, randomRecord } from "./random-query.ts"
import { RowLookup } from "./row-lookup.ts"
import { toPredicate } from "./to-predicate.ts"

const now = 1_790_900_000_000
const queriesAtOnce = 150
const batches = 12
const seeds = Number(process.env.TAILRACE_LOOKUP_SEEDS ?? 6)

interface Asked {
  readonly query: string
  readonly tenant: string | undefined
}

/** Rows that a query matches, tried on all of them. */
const matching = (batch: LogBatch, { query, tenant }: Asked): Array<number> => {
  const matches = toPredicate(parseQuery(query).ast, { now })
  return Array.from({ length: batch.length }, (_, row) => row).filter(
    (row) => (tenant === undefined || batch.tenant.textAt(row) === tenant) && matches(batch, row)
  )
}

const rowsOf = (batch: LogBatch, asked: ReadonlyArray<Asked>): Array<ReadonlyArray<number> | undefined> => {
  const lookup = new RowLookup()
  const entries = asked.map(({ query, tenant }) => lookup.add(parseQuery(query).ast, { tenant }))
  lookup.read(batch)
  return entries.map((entry) => lookup.rowsOf(entry))
}

const batchOf = (...records: ReadonlyArray<Parameters<LogBatch["appendRecord"]>[0]>): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence: 1, tenant: "default", source: "http", receivedMillis: now })
  for (const record of records) batch.appendRecord(record)
  return batch
}

const fillRandomly = (batch: LogBatch, random: Random): void => {
  batch.reset()
  const frames = 1 + Math.floor(random() * 3)
  for (let frame = 1; frame <= frames; frame++) {
    const tenant = random() < 0.5 ? "default" : "Acme"
    batch.beginFrame({ sequence: frame, tenant, source: random() < 0.5 ? "app" : "http", receivedMillis: now })
    for (let i = Math.floor(random() * 40); i > 0; i--) {
      const record = randomRecord(random)
      const row = batch.appendRecord(record)
      // A parser may append a key twice; the last of them is the value.
      if (random() < 0.1) {
        const value = Buffer.from(random() < 0.5 ? "500" : "Reset")
        batch.attributes.append(row, Buffer.from("status"), 0, 6, value, 0, value.length)
      }
      // Bytes that are no UTF-8.
      if (random() < 0.05) batch.body.put(row, Buffer.from([0x72, 0xff, 0x20, 0x6b, 0xe2, 0x84]), 0, 6)
    }
  }
}

/** The random queries, and equalities, words and choices in more places than those have them. */
const question = (random: Random): string => {
  const roll = random()
  if (roll < 0.4) return randomQuery(random)
  if (roll < 0.6) return randomIndexedQuery(random)
  const record = randomRecord(random)
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`
  const values = [
    `service:${quoted(record.service)}`,
    `host = ${quoted(record.host)}`,
    `level:${record.severity || "warn"}`,
    `status:${record.attributes.status === undefined ? 500 : quoted(record.attributes.status)}`,
    `user:${quoted(record.attributes.user ?? "K")}`,
    `resource.zone:${quoted(record.resource.zone ?? "k")}`,
    quoted(record.body.slice(0, Math.floor(random() * 30))),
    `severity_number = ${record.severityNumber}`,
    "status:500"
  ]
  const one = (): string => values[Math.floor(random() * values.length)] as string
  if (roll < 0.7) return one()
  if (roll < 0.8) return `${one()} AND ${one()} AND ${one()}`
  if (roll < 0.9) return `(${one()} OR ${one()}) AND NOT ${one()}`
  return `${one()} OR (${one()} AND ${randomQuery(random, 1)})`
}

describe("the rows that are looked up", () => {
  it.each(Array.from({ length: seeds }, (_, seed) => seed + 1))(
    "hold all that random queries match, seed %i",
    (seed) => {
      const random = seededRandom(seed)
      const batch = LogBatch.make({ partition: 0 })
      const lookup = new RowLookup()
      let asked: Array<Asked & { readonly entry: ReturnType<RowLookup["add"]> }> = []
      let matched = 0
      let leftOut = 0
      for (let i = 0; i < batches; i++) {
        // Some leave and others come, as subscribers do.
        const [gone, staying] = [asked.filter((_, at) => at % 3 === i % 3), asked.filter((_, at) => at % 3 !== i % 3)]
        for (const { entry } of gone) lookup.remove(entry)
        asked = staying
        while (asked.length < queriesAtOnce) {
          const query = question(random)
          const tenant = random() < 0.7 ? undefined : (["default", "acme", "Acme"][Math.floor(random() * 3)] as string)
          asked.push({ query, tenant, entry: lookup.add(parseQuery(query).ast, { tenant }) })
        }
        fillRandomly(batch, random)
        for (const read of [batch, decodeBatch(encodeBatch(batch))]) {
          lookup.read(read)
          for (const one of asked) {
            const rows = lookup.rowsOf(one.entry)
            const wanted = matching(read, one)
            matched += wanted.length
            if (rows === undefined) continue
            leftOut += read.length - rows.length
            expect([...rows].sort((a, b) => a - b)).toEqual([...new Set(rows)])
            const found = new Set(rows)
            expect(`${one.query}: ${wanted.filter((row) => !found.has(row)).join(" ")}`).toBe(`${one.query}: `)
          }
        }
      }
      for (const { entry } of asked) lookup.remove(entry)
      expect(lookup.fields).toBe(0)
      expect(matched).toBeGreaterThan(queriesAtOnce)
      expect(leftOut).toBeGreaterThan(queriesAtOnce * batches)
    }
  )

  const batch = batchOf(
    { service: "api", severity: "ERROR", severityNumber: 17, body: "Connection reset", attributes: { status: "500" } },
    {
      service: "API",
      severity: "INFO",
      severityNumber: 9,
      body: "300\u212a",
      attributes: { status: "500.0", user: "\u212a9" }
    },
    { service: "health", severity: "INFO", severityNumber: 9, body: "reset done", attributes: { status: "200" } },
    { body: "connection", attributes: { user: "k9" }, resource: { zone: "eu" }, traceId: "ABCDEF" }
  )
  it.each([
    ["service:api", [0, 1]],
    ["service = api", [0, 1]],
    ["service IN (api, health)", [0, 1, 2]],
    ["level:error", [0]],
    ["level:17", [0]],
    ["status:500", [0, 1]],
    ["status = 500", [0, 1]],
    ['status:"500"', [0]],
    ["user:k9", [1, 3]],
    ["user:\u212a9", [1, 3]],
    ["resource.zone:EU", [3]],
    ["trace_id:abcdef", [3]],
    ["source:http", [0, 1, 2, 3]],
    ["status:500 AND level:error", [0]],
    ["status:500 OR level:info", [0, 1, 2]],
    ["level:info AND NOT status:200", [1, 2]],
    ["service = ''", []],
    ["nowhere:x", []],
    ["service:api AND nowhere:x", []]
  ] as const)("of %s are those", (query, rows) => {
    expect(rowsOf(batch, [{ query, tenant: undefined }])).toEqual([rows])
  })

  it.each([
    "",
    "service:heal*",
    "service:*",
    "NOT service:api",
    "service != api",
    "status > 400",
    "service:api OR status > 400",
    "service =~ '^api$'",
    "conn*",
    "time:15m"
  ])("of %s are all", (query) => {
    expect(rowsOf(batch, [{ query, tenant: undefined }])).toEqual([undefined])
  })

  it("are those of one tenant where one is asked for", () => {
    expect(rowsOf(batch, [{ query: "", tenant: "other" }])).toEqual([[]])
    expect(rowsOf(batch, [{ query: "conn*", tenant: "Default" }])).toEqual([[0, 1, 2, 3]])
  })

  it("hold the words of a phrase once several words are wanted", () => {
    const asked = ["connection", "reset", '"connection reset"', "300k", "nothing"].map((query) => ({
      query,
      tenant: undefined
    }))
    expect(rowsOf(batch, asked)).toEqual([[0, 3], [0, 2], [0, 3], [1], []])
    expect(rowsOf(batch, asked.slice(0, 2))).toEqual([undefined, undefined])
  })
})
