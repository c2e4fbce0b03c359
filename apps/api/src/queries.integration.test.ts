// Integration tests of the queries: rows that the store's own inserts wrote, asked for over HTTP.
import { assert, layer } from "@effect/vitest"
import { insertAnomalies, insertLedger, insertPanes } from "@tailrace/store/write/insert-rows"
import { Context, Effect, Layer } from "effect"
import { auditServer } from "graphql-http"
import { batchOf, type Row, startWorld, type World } from "./api.harness.ts"

const minute = 60_000
const end = 1_795_249_860_000
const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n
const range = `from: "${new Date(end - 60 * minute).toISOString()}", to: "${new Date(end + minute).toISOString()}"`
const record = (n: number): Row => ({
  timestamp: nanos(end - n * 1_000),
  body: `record ${n}`,
  service: n % 2 === 0 ? "shop" : "web",
  severity: n % 10 === 0 ? "ERROR" : "INFO",
  severityNumber: n % 10 === 0 ? 17 : 9,
  attributes: { n: String(n), word: `wörd "${n % 3}"` }
})
const pane = {
  partition: 0,
  sequence: 1,
  tenant: "default",
  metric: "errors",
  type: "count",
  windowStart: end - 2 * minute,
  windowEnd: end - minute,
  key: { service: "shop" },
  value: 42,
  count: 42,
  quantiles: {},
  revision: 0
} as const
const anomaly = {
  partition: 0,
  sequence: 1,
  tenant: "default",
  metric: "errors",
  detector: "zscore",
  windowStart: pane.windowStart,
  windowEnd: pane.windowEnd,
  key: pane.key,
  value: 42,
  expected: 3.5,
  score: 9.25,
  direction: "high",
  sentence: "errors of shop were 42, expected about 3.5",
  revision: 0
} as const

interface Keyed {
  readonly key: { readonly service: string }
  readonly value?: number
  readonly score?: number
}

const seed = (world: World) =>
  Effect.gen(function* () {
    const rows = Array.from({ length: 100 }, (_, n) => record(n))
    yield* Effect.promise(() => world.insert(batchOf({ sequence: 1 }, [rows.slice(0, 50), rows.slice(50)])))
    const exact: Row = { timestamp: 1_795_249_000_123_456_789n, body: "exact" }
    yield* Effect.promise(() => world.insert(batchOf({ sequence: 1, partition: 1, tenant: "other" }, [[exact]])))
    const stamp = { ingestedAt: end, token: "t" }
    yield* insertPanes([pane, { ...pane, key: { service: "web" }, value: Number.NaN }], stamp)
    yield* insertAnomalies([anomaly, { ...anomaly, key: { service: "web" }, score: Number.POSITIVE_INFINITY }], stamp)
    const entry = {
      minute: end - (end % minute),
      tenant: "default",
      source: "http",
      partition: 0,
      firstSequence: 1,
      lastSequence: 2,
      received: 110,
      stored: 100,
      deduplicated: 1,
      dropped: 6,
      rejected: 3,
      droppedBy: { noise: 6 },
      rejectedBy: { "too-large": 3 }
    }
    yield* insertLedger([entry], { ingestedAt: end, attempt: 1 })
  }).pipe(Effect.provide(world.context))

class Seeded extends Context.Service<Seeded, World>()("test/Seeded") {}
const seeded = Layer.effect(Seeded, Effect.tap(startWorld(), seed))

layer(seeded, { excludeTestServices: true })("the api", (it) => {
  it.effect("passes every audit of GraphQL over HTTP", () =>
    Effect.gen(function* () {
      const { url } = yield* Seeded
      const results = yield* Effect.promise(() => auditServer({ url: `${url}/graphql` }))
      const failed = results.filter((result) => result.status !== "ok")
      assert.deepStrictEqual(
        failed.map(({ id, name }) => `${id} ${name}`),
        []
      )
      assert.strictEqual(results.length, 61)
    })
  )

  it.effect("finds records with their attributes, counts them and tells more only on request", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const { data, errors } = yield* Effect.promise(() =>
        ask(`{ logs(query: "level:error service:shop", ${range}, first: 3) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes { id timestamp severity severityNumber service source tenant body parsed attributes }
          edges { cursor node { id } } } }`)
      )
      assert.isUndefined(errors)
      assert.strictEqual(data.logs.totalCount, 10)
      assert.isTrue(data.logs.pageInfo.hasNextPage)
      assert.deepStrictEqual(data.logs.nodes[1], {
        id: "0-1-10",
        timestamp: new Date(end - 10_000).toISOString(),
        severity: "ERROR",
        severityNumber: 17,
        service: "shop",
        source: "http",
        tenant: "default",
        body: "record 10",
        parsed: true,
        attributes: { n: "10", word: 'wörd "1"' }
      })
      assert.strictEqual(data.logs.edges[2].cursor, data.logs.pageInfo.endCursor)
    })
  )

  it.effect("keeps all nine decimals of a time, in answers and in arguments", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const find = (from: string, to: string) =>
        ask(
          'query ($from: DateTime, $to: DateTime) { logs(from: $from, to: $to, tenant: "other") { nodes { timestamp } } }',
          {
            from,
            to
          }
        )
      const at = "2026-11-21T08:16:40.123456789Z"
      const inside = yield* Effect.promise(() => find(at, "2026-11-21T09:16:40.123456790+01:00"))
      assert.deepStrictEqual(inside.data.logs.nodes, [{ timestamp: at }])
      const before = yield* Effect.promise(() => find("2026-11-21T08:16:40Z", at))
      assert.deepStrictEqual(before.data.logs.nodes, [])
    })
  )

  it.effect("pages through all records once while others arrive", () =>
    Effect.gen(function* () {
      const { ask, insert } = yield* Seeded
      const seen: Array<string> = []
      let after: string | null = null
      for (let page = 0; ; page++) {
        const { data } = yield* Effect.promise(() =>
          ask(
            `query ($after: String) { logs(query: "n:*", ${range}, first: 30, after: $after) {
            nodes { body } pageInfo { hasNextPage endCursor } } }`,
            { after }
          )
        )
        seen.push(...data.logs.nodes.map((node: { body: string }) => node.body))
        if (!data.logs.pageInfo.hasNextPage) break
        after = data.logs.pageInfo.endCursor
        const newer = { timestamp: nanos(end + 1_000), body: "newer", attributes: { n: "new" } }
        yield* Effect.promise(() => insert(batchOf({ sequence: 10 + page }, [[newer]])))
      }
      assert.deepStrictEqual(
        seen,
        Array.from({ length: 100 }, (_, n) => `record ${n}`)
      )
    })
  )

  it.effect("answers histogram, fields, values, sources, panes, anomalies and ledger", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const { data, errors } = yield* Effect.promise(() =>
        ask(`{ histogram(query: "service:shop", ${range}, stepSeconds: 60) { start total bySeverity }
          fields(query: "service:shop", ${range}) { name records }
          values(field: "service", query: "service:*", ${range}, tenant: "default") { value records }
          sources { tenant source received stored }
          panes(metric: "errors") { id key value count windowStart }
          anomalies(metric: "errors") { key score expected direction sentence }
          ledger(from: "2026-11-20", to: "2026-11-23") { received stored deduplicated dropped rejected balanced unaccounted droppedBy
            entries { minute source received unaccounted rejectedBy } } }`)
      )
      assert.isUndefined(errors)
      const total = data.histogram.reduce((sum: number, bucket: { total: number }) => sum + bucket.total, 0)
      assert.strictEqual(total, 50)
      assert.strictEqual(
        data.histogram[0].bySeverity.INFO + (data.histogram[0].bySeverity.ERROR ?? 0),
        data.histogram[0].total
      )
      assert.deepInclude(data.fields, { name: "word", records: 50 })
      assert.deepStrictEqual(data.values, [
        { value: "shop", records: 50 },
        { value: "web", records: 50 }
      ])
      assert.deepStrictEqual(data.sources, [{ tenant: "default", source: "http", received: 110, stored: 100 }])
      const values = Object.fromEntries(data.panes.map((one: Keyed) => [one.key.service, one.value]))
      assert.deepStrictEqual(values, { shop: 42, web: null })
      const scores = Object.fromEntries(data.anomalies.map((one: Keyed) => [one.key.service, one.score]))
      assert.deepStrictEqual(scores, { shop: 9.25, web: null })
      assert.strictEqual(data.anomalies[0].sentence, anomaly.sentence)
      const { entries, ...ledger } = data.ledger
      assert.deepStrictEqual(ledger, {
        received: 110,
        stored: 100,
        deduplicated: 1,
        dropped: 6,
        rejected: 3,
        balanced: true,
        unaccounted: 0,
        droppedBy: { noise: 6 }
      })
      assert.deepStrictEqual(entries[0].rejectedBy, { "too-large": 3 })
    })
  )

  it.effect("explains queries and says how they may go on", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const { data, errors } = yield* Effect.promise(() =>
        ask(`{ good: explainQuery(query: "level:error shop") { canonical sql params diagnostics { code } }
          bad: explainQuery(query: "level:(error") { diagnostics { from to severity message } }
          completions(query: "ser", position: 3) { from to slot prefix candidates { label insert kind } } }`)
      )
      assert.isUndefined(errors)
      assert.include(data.good.sql, "{p0:")
      assert.deepStrictEqual(data.good.diagnostics, [])
      assert.strictEqual(data.bad.diagnostics[0].severity, "error")
      assert.include(
        data.completions.candidates.map((one: { label: string }) => one.label),
        "service"
      )
    })
  )

  const codes: ReadonlyArray<readonly [string, string]> = [
    ['{ logs(query: "level:(error") { nodes { id } } }', "BAD_QUERY"],
    ['{ logs(after: "nonsense") { nodes { id } } }', "BAD_CURSOR"],
    ["{ logs(first: 5001) { nodes { id } } }", "LIMIT"],
    ['{ logs(from: "yesterday") { nodes { id } } }', "BAD_TIME"],
    ["{ logs(first: -1) { nodes { id } } }", "BAD_INPUT"],
    ['{ logs(from: "2026-11-21T09:00:00Z", to: "2026-11-21T08:00:00Z") { nodes { id } } }', "BAD_INPUT"],
    [`{ ${Array.from({ length: 31 }, (_, i) => `a${i}: logs(first: 1) { totalCount }`).join(" ")} }`, "LIMIT"],
    [`{ ${"a: __typename ".repeat(31)} }`, "LIMIT"],
    [`{ ${"x { ".repeat(11)} y ${"} ".repeat(11)} }`, "LIMIT"],
    [
      `{ a: logs(first: 5000) { nodes { ${"id body ".repeat(12)} } } b: logs(first: 5000) { nodes { ${"id body ".repeat(12)} } } }`,
      "LIMIT"
    ]
  ]
  for (const [query, code] of codes) {
    it.effect(`answers ${code} to ${query.slice(0, 70)}`, () =>
      Effect.gen(function* () {
        const { ask } = yield* Seeded
        const { errors } = yield* Effect.promise(() => ask(query))
        assert.strictEqual(errors?.[0]?.extensions?.code, code)
      })
    )
  }

  it.effect("tells where in a query its errors are", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const { errors } = yield* Effect.promise(() => ask('{ logs(query: "level:(error") { nodes { id } } }'))
      const [error] = errors ?? []
      assert.deepStrictEqual(error?.path, ["logs"])
      assert.isDefined(error?.locations)
      const diagnostic = error?.extensions?.diagnostics[0]
      assert.isNumber(diagnostic.from)
      assert.include(error?.message, `(at ${diagnostic.from + 1})`)
    })
  )

  it.effect("counts the cost of pages whose size comes by a variable", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const query = `query ($n: Int) { ${["a", "b", "c"].map((name) => `${name}: logs(first: $n, ${range}) { nodes { id body service severity host source tenant traceId spanId timestamp parsed attributes resource severityNumber } }`).join(" ")} }`
      const dear = yield* Effect.promise(() => ask(query, { n: 5_000 }))
      assert.strictEqual(dear.errors?.[0]?.extensions.code, "LIMIT")
      const cheap = yield* Effect.promise(() => ask(query, { n: 1 }))
      assert.isUndefined(cheap.errors)
    })
  )

  it.effect("refuses fragments of fragments of fragments without following each", () =>
    Effect.gen(function* () {
      const { ask } = yield* Seeded
      const fragments = Array.from(
        { length: 60 },
        (_, i) => `fragment f${i} on Query { ${i === 59 ? "__typename" : `...f${i + 1} ...f${i + 1} ...f${i + 1}`} }`
      )
      const { errors } = yield* Effect.promise(() => ask(`{ ...f0 } ${fragments.join(" ")}`))
      assert.strictEqual(errors?.[0]?.extensions?.code, "LIMIT")
    })
  )
})
