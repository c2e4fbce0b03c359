// Bench: microseconds to parse a query and to write its SQL, and nanoseconds per row of its predicate.
import { LogBatch } from "@tailrace/domain/log-batch"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { toSql } from "@tailrace/query/to-sql"

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

const median = (run: () => void): number => {
  const nanos: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const before = process.hrtime.bigint()
    run()
    nanos.push(Number(process.hrtime.bigint() - before))
  }
  return nanos.sort((a, b) => a - b)[rounds >> 1] as number
}

const repeats = 500
for (const query of queries) {
  const { ast } = parseQuery(query)
  const predicate = toPredicate(ast, { now })
  let matched = 0
  const parse = median(() => {
    for (let i = 0; i < repeats; i++) parseQuery(query)
  })
  const sql = median(() => {
    for (let i = 0; i < repeats; i++) toSql(ast, { now })
  })
  const test = median(() => {
    matched = 0
    for (let row = 0; row < rows; row++) if (predicate(batch, row)) matched++
  })
  console.log(
    `query: parse ${(parse / repeats / 1_000).toFixed(2)} us, to SQL ${(sql / repeats / 1_000).toFixed(2)} us, ` +
      `predicate ${(test / rows).toFixed(1)} ns/row, ${matched} of ${rows} rows: ${query}`
  )
}
