// Unit tests of the predicate: the table "Meaning" of the language, one row of a batch at a time.
import { LogBatch } from "@tailrace/domain/log-batch"
import { describe, expect, it } from "vitest"
import { parseQuery } from "./parse.ts"
import { toPredicate } from "./to-predicate.ts"

const now = Date.UTC(2026, 10, 20, 12)
const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n

const batch = LogBatch.make({ partition: 0 })
batch.beginFrame({ sequence: 1, tenant: "acme", source: "http", receivedMillis: now })
batch.appendRecord({
  timestamp: nanos(now - 600_000),
  severity: "WARN",
  severityNumber: 14,
  service: "Checkout",
  host: "web-1",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  body: "Connection reset by peer: user_id=42 İstanbul STRASSE 300\u212a",
  attributes: { status: "500", "a.b.c": "1001", order: "12345678901234567891", empty: "", path: "/api/v1/x" },
  resource: { zone: "eu-1" }
})
batch.appendRecord({ timestamp: nanos(now - 7_200_000), body: "", attributes: {} })

const holds = (query: string, row = 0): boolean => toPredicate(parseQuery(query).ast, { now })(batch, row)

describe("a record", () => {
  it.each([
    "",
    "connection",
    "CONNECTION reset",
    '"reset by peer"',
    '"PEER: user"',
    "conn*",
    "*ction",
    "*nnect*",
    "conn*peer",
    "rese?",
    "user_id",
    "*stanbul",
    "İSTANBUL",
    "strasse",
    "300k",
    "service:checkout",
    "svc = Checkout",
    "service:check*",
    "service IN (Checkout, x)",
    "level:warn",
    "level:warning",
    "severity >= WARN",
    "severity <= warn",
    "severity < error",
    "severity:[info TO error]",
    "severity >= 14",
    "status:500",
    "status = 500.0",
    "status > 499",
    "status:>=500",
    "status:[400 TO 599]",
    "status BETWEEN 500 AND 501",
    "a.b.c = 1001",
    "a.b.c IN (1, 1001)",
    "attributes.status:500",
    "resource.zone:EU-1",
    "order:12345678901234567891",
    "path:/api/v1/*",
    'path LIKE "/api/%"',
    'path ILIKE "/API/__/x"',
    'msg =~ "res[ei]t.*peer"',
    "trace_id:0AF7651916CD43DD8448EB211C80319C",
    "host EXISTS",
    "missing IS NULL",
    "missing != 5",
    "missing NOT IN (1, 2)",
    "NOT missing:x",
    "empty IS NULL",
    "time:15m",
    "time:[2026-11-20T11:00Z TO now]",
    "timestamp < now",
    "time:day_range[11:00,12:00)",
    "time:day_range[12:00,13:00) Europe/Berlin",
    "time:week_range[Fri,Fri]",
    "time:business_hours",
    "parsed:true"
  ])("matches %s", (query) => expect(holds(query)).toBe(true))

  it.each([
    "connectio",
    "onnection",
    "istanbul",
    '"reset peer"',
    "set by",
    "service = checkout",
    "service:check",
    "severity > WARN",
    "severity > loud",
    "severity < zzz",
    "severity:[error TO fatal]",
    "status = 5",
    "status != 500",
    "order:12345678901234567890",
    "missing > 0",
    "missing = ''",
    "empty:*",
    'missing LIKE "%"',
    'missing =~ ""',
    'msg =~ "RESET"',
    "trace_id:0Af7651916CD43DD8448EB211C80319C0",
    "time:5m",
    "time:day_range[12:00,13:00)",
    "time:week_range[Sat,Thu]",
    "time:business_hours Asia/Tokyo",
    "parsed:false"
  ])("does not match %s", (query) => expect(holds(query)).toBe(false))

  it("that lacks a field fails every comparison with it and none of the negations", () => {
    for (const field of ["level", "service", "status", "body", "trace_id", "severity_number", "resource.zone"]) {
      for (const test of [
        ":x",
        " = x",
        " > 0",
        " < 99",
        " <= 0",
        ":*",
        " IN (x, 0)",
        ' LIKE "%"',
        " =~ '.*'",
        ":[* TO 5]"
      ]) {
        expect(`${field}${test} ${holds(`${field}${test}`, 1)}`).toBe(`${field}${test} false`)
        expect(holds(`NOT ${field}${test}`, 1)).toBe(true)
      }
    }
  })
})

describe("a predicate", () => {
  it("follows a batch that is emptied and filled with other dictionaries", () => {
    const reused = LogBatch.make({ partition: 0 })
    const predicate = toPredicate(parseQuery("service:api AND tag:x").ast, { now })
    for (const [service, tag, expected] of [
      ["api", "x", true],
      ["web", "x", false],
      ["api", "y", false],
      ["API", "X", true]
    ] as const) {
      reused.reset()
      reused.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: now })
      reused.appendRecord({ service, body: "b", attributes: { [`other-${tag}`]: "1", tag } })
      expect(predicate(reused, 0)).toBe(expected)
    }
  })

  it("needs linear time for a regular expression that backtracks elsewhere", () => {
    const slow = LogBatch.make({ partition: 0 })
    slow.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: now })
    slow.appendRecord({ body: `${"a".repeat(2_000)}!` })
    expect(toPredicate(parseQuery('body =~ "^(a+)+$"').ast, { now })(slow, 0)).toBe(false)
  })
})
