// Query: what it costs to parse a query, to write its SQL, and to test a row by its predicate.
import { LogBatch } from "@tailrace/domain/log-batch"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { toSql } from "@tailrace/query/to-sql"
import { median } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"

const rows = 10_000
const rounds = 31
const now = 1_795_249_860_000

const queries = [
  "level:error AND service:api",
  '(level:error OR status:>=500) AND NOT service:health* AND "connection reset"',
  "timeout",
  '"connection reset"',
  "*reset*",
  "severity >= WARN",
  "status >= 500 AND duration_ms > 500",
  "service IN (api, web, x, y)",
  "user.id = 1001",
  "user.id:1001 OR user.id:1002",
  'body LIKE "%reset%"',
  'body =~ "reset by .*peer"',
  "time:15m",
  "time:business_hours Europe/Berlin"
]

const batch = LogBatch.make({ partition: 0, rowCapacity: rows })
batch.beginFrame({ sequence: 1, tenant: "default", source: "http", receivedMillis: now })
for (let n = 0; n < rows; n++) {
  batch.appendRecord({
    timestamp: BigInt(now - n) * 1_000_000n,
    severityNumber: [9, 17, 13][n % 3] as number,
    severity: ["INFO", "ERROR", "WARN"][n % 3] as string,
    service: ["api", "health-check", "web", "auth", "pay"][n % 5] as string,
    host: `host-${n % 8}`,
    body: `GET /api/v1/orders/${n} ${n % 17 === 0 ? "connection reset by peer" : "completed"} in ${n % 900}ms`,
    attributes: {
      status: ["200", "404", "500", "503"][n % 4] as string,
      duration_ms: String(n % 900),
      "user.id": String(n % 1500)
    }
  })
}

const nanosOf = (run: () => void): number => {
  const nanos: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const before = process.hrtime.bigint()
    run()
    nanos.push(Number(process.hrtime.bigint() - before))
  }
  return median(nanos)
}

const repeats = 100

const measure = (text: string): ReadonlyArray<string> => {
  const { ast } = parseQuery(text)
  const predicate = toPredicate(ast, { now })
  let matched = 0
  const parse = nanosOf(() => {
    for (let i = 0; i < repeats; i++) parseQuery(text)
  })
  const sql = nanosOf(() => {
    for (let i = 0; i < repeats; i++) toSql(ast, { now })
  })
  const test = nanosOf(() => {
    matched = 0
    for (let row = 0; row < rows; row++) if (predicate(batch, row)) matched++
  })
  return [
    `\`${text}\``,
    (parse / repeats / 1_000).toFixed(2),
    (sql / repeats / 1_000).toFixed(2),
    (test / rows).toFixed(1),
    String(matched)
  ]
}

export const query: Question = {
  name: "query",
  asks: "What does a query cost?",
  answer: async () => ({
    tables: [
      {
        caption: `Parsing, SQL, and the predicate over ${rows} rows in columns`,
        columns: ["query", "parse us", "SQL us", "test ns/row", "rows matched"],
        rows: queries.map(measure)
      }
    ],
    notes: []
  })
}
