// Chapter 3: a query means one thing. The same words in a search, a live tail, a filter and a metric pick the same records.
import { assert, layer } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { parseQuery } from "@tailrace/query/parse"
import { printQuery } from "@tailrace/query/print"
import { toPredicate } from "@tailrace/query/to-predicate"
import { toSql } from "@tailrace/query/to-sql"
import { searchLogs } from "@tailrace/store/read/search"
import { insertLogs } from "@tailrace/store/write/insert-logs"
import { testStore } from "@tailrace/testing/store"
import { Effect } from "effect"

const now = Date.UTC(2026, 2, 1, 12, 0, 0)
const nanos = (millis: number) => BigInt(millis) * 1_000_000n

// Five records, a to e, from an hour ago until now.
const batch = LogBatch.make({ partition: 0 })
batch.beginFrame({ sequence: 1, tenant: "default", source: "chapter", receivedMillis: now })
const minutesAgo = (minutes: number) => nanos(now - minutes * 60_000)
const level = (severity: string, severityNumber: number) => ({ severity, severityNumber })
batch.appendRecord({
  body: "Connection reset by peer",
  service: "api",
  timestamp: minutesAgo(60),
  ...level("ERROR", 17),
  attributes: { name: "a", status: "500", path: "/api/v1/orders", duration_ms: "1200" }
})
batch.appendRecord({
  body: "request completed",
  service: "api",
  timestamp: minutesAgo(45),
  ...level("INFO", 9),
  attributes: { name: "b", status: "200", path: "/api/v1/cart", duration_ms: "80" }
})
batch.appendRecord({
  body: "key not found in cache",
  service: "cart",
  timestamp: minutesAgo(20),
  ...level("WARN", 13),
  attributes: { name: "c", path: "/cart" }
})
batch.appendRecord({
  body: "100% of quota *used*",
  service: "cart",
  timestamp: minutesAgo(10),
  ...level("ERROR", 17),
  attributes: { name: "d", status: "", user: "O'Hara" }
})
batch.appendRecord({ body: "", service: "", timestamp: minutesAgo(0), attributes: { name: "e", status: "0404" } })

// There are two back ends. One makes a condition that ClickHouse evaluates over the table; the other makes a function
// over the columns of a batch in memory. Filters and live tails use the second, searches the first.
const inMemory = (query: string) => {
  const matches = toPredicate(parseQuery(query).ast, { now })
  return Array.from({ length: batch.length }, (_, row) => row)
    .filter((row) => matches(batch, row))
    .map((row) => batch.record(row).attributes.name)
    .join("")
}

const inStore = (query: string) =>
  Effect.map(
    searchLogs({ tenant: undefined, condition: toSql(parseQuery(query).ast, { now }), first: 100 }),
    ({ records }) =>
      records
        .map(({ attributes }) => attributes.name)
        .sort()
        .join("")
  )

layer(testStore, { excludeTestServices: true, timeout: "60 seconds" })("a query", (it) => {
  it.effect("picks the same records in the store and in memory", () =>
    Effect.gen(function* () {
      yield* insertLogs(batch, { ingestedAt: now, attempt: 1 })
      const meanings: ReadonlyArray<readonly [string, string]> = [
        // Nothing asked, everything answered.
        ["", "abcde"],
        // Words are searched in the body, whole and in any case. Side by side means AND.
        ["connection RESET", "a"],
        ['"reset by"', "a"],
        ["reset OR quota", "ad"],
        ["NOT (reset OR quota)", "bce"],
        // Only upper case makes a connective of a word that stands among words.
        ["not found in cache", "c"],
        // Fields. Aliases and wildcards; quotes take wildcards literally.
        ["service:api", "ab"],
        ["svc:c*", "cd"],
        ["path:/api/v1/*", "ab"],
        ['body:"*used*"', "d"],
        // Levels are ordered, and every alias of a level is the level.
        ["level >= warn", "acd"],
        ["severity:error", "ad"],
        // Numbers compare as numbers wherever the text is one. A duration is taken in the unit of the field's name.
        ["status >= 400", "ae"],
        ["status IN (200, 500)", "ab"],
        ["duration_ms > 1s", "a"],
        ["status:[200 TO 404]", "be"],
        // An empty text counts as missing. What is missing is above and below nothing, and unequal to everything.
        ["status:*", "abe"],
        ["status < 300", "b"],
        ["status != 500", "bcde"],
        ["status IS NULL", "cd"],
        ["service NOT EXISTS", "e"],
        // SQL's words and regular expressions in RE2's syntax.
        ["path LIKE '/api/%'", "ab"],
        ["body =~ '^key .* cache$'", "c"],
        ['user:"O\'Hara"', "d"],
        // Time.
        ["time:30m", "cde"]
      ]
      for (const [query, expected] of meanings) {
        assert.deepStrictEqual(
          parseQuery(query).diagnostics.filter(({ severity }) => severity === "error"),
          [],
          query
        )
        assert.strictEqual(inMemory(query), expected, `in memory: ${query}`)
        assert.strictEqual(yield* inStore(query), expected, `in the store: ${query}`)
      }
    })
  )

  it("keeps values out of the SQL text", () => {
    const { condition, params } = toSql(parseQuery('user:"\'; DROP TABLE logs --"').ast, { now })
    assert.notMatch(condition, /drop/i)
    assert.match(Object.values(params).join(" "), /'; drop table logs --/)
  })

  it("tells everything that is wrong with it at once, with places, and still means what is right", () => {
    const { ast, diagnostics } = parseQuery('level:error AND (status > AND body =~ "["')
    assert.deepStrictEqual(diagnostics.map(({ code }) => code).sort(), ["bad_regex", "missing_value", "unclosed_paren"])
    for (const { from, message, to } of diagnostics) {
      assert.isTrue(from <= to)
      assert.notStrictEqual(message, "")
    }
    assert.include(printQuery(ast), "level:error")
  })

  it("prints in one canonical form that means the same", () => {
    for (const query of ["lvl:err* svc:api", "a OR b c", "-(status:500)", "time:15m level>=warn"]) {
      const printed = printQuery(parseQuery(query).ast)
      assert.strictEqual(printQuery(parseQuery(printed).ast), printed)
    }
  })
})
