// Integration tests of the readers of `logs`: pages, counts, histograms, fields and values.
import { assert, layer } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { type LogRecord, recordId } from "@tailrace/domain/log-record"
import { testStore } from "@tailrace/testing/store"
import { Effect, Layer } from "effect"
import { read } from "../store.ts"
import { insertLogs } from "../write/insert-logs.ts"
import { countLogs } from "./count.ts"
import { readFields } from "./fields.ts"
import { type HistogramRequest, histogram, histogramSource } from "./histogram.ts"
import { findRecord, type SearchRequest, searchLogs } from "./search.ts"
import { readValues } from "./values.ts"

const minute = 60_000_000_000n
const end = 1_795_249_860_000_000_000n
const total = 600

/** Records 0..599 of tenant "a", one each 47 s back from `end`, in three batches of two partitions; one of tenant "b". */
const seed = Effect.gen(function* () {
  for (let part = 0; part < 3; part++) {
    const batch = LogBatch.make({ partition: part % 2 })
    batch.beginFrame({ sequence: part + 1, tenant: "a", source: "http", receivedMillis: 0 })
    for (let n = part; n < total; n += 3) {
      batch.appendRecord({
        timestamp: end - BigInt(n) * 47_000_000_000n,
        body: `record ${n}`,
        service: `s${n % 4}`,
        severity: n % 10 === 0 ? "ERROR" : "INFO",
        attributes: { n: String(n), ...(n % 2 === 0 ? { even: "true" } : {}), word: `wörd${n % 3}` },
        resource: { "host.name": "h" }
      })
    }
    yield* insertLogs(batch, { ingestedAt: 1_795_249_860_000 + part, attempt: 1 })
  }
  const other = LogBatch.make({ partition: 7 })
  other.beginFrame({ sequence: 1, tenant: "b", source: "http", receivedMillis: 0 })
  other.appendRecord({ timestamp: end, body: "not yours" })
  other.appendRecord({ timestamp: end, body: "not yours" })
  yield* insertLogs(other, { ingestedAt: 1_795_249_860_000, attempt: 1 })
})

const seeded = Layer.effectDiscard(seed).pipe(Layer.provideMerge(testStore))

const numbersOf = (records: ReadonlyArray<LogRecord>): Array<number> =>
  records.map((record) => Number(record.attributes.n))

const pages = (request: Omit<SearchRequest, "after">) =>
  Effect.gen(function* () {
    const records: Array<LogRecord> = []
    let after: string | undefined
    for (;;) {
      const page = yield* searchLogs({ ...request, after })
      records.push(...page.records)
      if (!page.hasNextPage) return records
      after = page.endCursor
    }
  })

layer(seeded, { excludeTestServices: true })("a search", (it) => {
  it.effect("answers the newest records first, page by page, each once", () =>
    Effect.gen(function* () {
      const records = yield* pages({ tenant: "a", first: 37 })
      assert.deepStrictEqual(
        numbersOf(records),
        Array.from({ length: total }, (_, n) => n)
      )
    })
  )

  it.effect("keeps to the range, its beginning included and its end not", () =>
    Effect.gen(function* () {
      const at = (n: number) => end - BigInt(n) * 47_000_000_000n
      const records = yield* pages({ tenant: "a", first: 4, from: at(20), to: at(9) })
      assert.deepStrictEqual(numbersOf(records), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    })
  )

  it.effect("keeps to the condition and counts as many as it finds", () =>
    Effect.gen(function* () {
      const filter = {
        tenant: "a",
        condition: {
          condition: "attributes[{p0:String}] = {p1:String} AND service = {p2:String}",
          params: { p0: "word", p1: "wörd1", p2: "s3" }
        }
      }
      const expected = Array.from({ length: total }, (_, n) => n).filter((n) => n % 3 === 1 && n % 4 === 3)
      assert.deepStrictEqual(numbersOf(yield* pages({ ...filter, first: 7 })), expected)
      assert.strictEqual(yield* countLogs(filter), expected.length)
    })
  )

  it.effect("counts the same with and without the help of the minutes", () =>
    Effect.gen(function* () {
      const always = { condition: "body != {p0:String}", params: { p0: "" } }
      for (const range of [
        {},
        { from: end - 100n * minute + 1n, to: end - 30_000_000_000n },
        { from: end },
        { to: end }
      ]) {
        const plain = yield* countLogs({ tenant: "a", ...range })
        assert.strictEqual(plain, yield* countLogs({ tenant: "a", condition: always, ...range }))
      }
      assert.strictEqual(yield* countLogs({ tenant: "a" }), total)
      assert.strictEqual(yield* countLogs({ tenant: undefined }), total + 2)
      assert.strictEqual(yield* countLogs({ tenant: "a", from: end, to: end - minute }), 0)
    })
  )

  it.effect("pages through records of one and the same time", () =>
    Effect.gen(function* () {
      const records = yield* pages({ tenant: "b", first: 1 })
      assert.deepStrictEqual(records.map(recordId), ["7-1-1", "7-1-0"])
    })
  )

  it.effect("refuses a cursor that is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(searchLogs({ tenant: "a", first: 1, after: "bm9uZQ" }))
      assert.strictEqual(error._tag, "CursorError")
    })
  )

  it.effect("finds one record by its identity, for its own tenant only", () =>
    Effect.gen(function* () {
      const id = { partition: 7, sequence: 1, row: 1 }
      assert.strictEqual((yield* findRecord(id, "b"))?.body, "not yours")
      assert.isUndefined(yield* findRecord(id, "a"))
    })
  )

  it.effect("cannot write", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ operation: "try", sql: "INSERT INTO logs (body) SELECT 'x'" }))
      assert.strictEqual(error.type, "READONLY")
    })
  )
})

layer(seeded, { excludeTestServices: true })("a histogram", (it) => {
  const request: HistogramRequest = { tenant: "a", from: end - 300n * minute - 17n, to: end + 1n, stepMillis: 600_000 }

  it.effect("counts the same from the minutes as from the rows, broken minutes at the ends included", () =>
    Effect.gen(function* () {
      const always = { condition: "body != {p0:String}", params: { p0: "" } }
      assert.strictEqual(histogramSource(request), "minutes")
      assert.strictEqual(histogramSource({ ...request, condition: always }), "rows")
      const minutes = yield* histogram(request)
      assert.deepStrictEqual(minutes, yield* histogram({ ...request, condition: always }))
      const inRange = Array.from({ length: total }, (_, n) => n).filter((n) => n * 47 <= 300 * 60)
      assert.strictEqual(
        minutes.reduce((sum, bucket) => sum + bucket.total, 0),
        inRange.length
      )
      assert.strictEqual(
        minutes.reduce((sum, bucket) => sum + (bucket.bySeverity.ERROR ?? 0), 0),
        inRange.filter((n) => n % 10 === 0).length
      )
    })
  )

  it.effect("keeps to conditions that the minutes can answer", () =>
    Effect.gen(function* () {
      const condition = { condition: "service = {p0:String}", params: { p0: "s1" } }
      const buckets = yield* histogram({ ...request, condition })
      const expected = Array.from({ length: total }, (_, n) => n).filter((n) => n * 47 <= 300 * 60 && n % 4 === 1)
      assert.strictEqual(
        buckets.reduce((sum, bucket) => sum + bucket.total, 0),
        expected.length
      )
    })
  )

  it.effect("of too many steps is refused with the figures", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(histogram({ ...request, stepMillis: 1 }))
      assert.strictEqual(error.consequence, "reject")
      assert.include(error.message, "10000 steps")
    })
  )
})

layer(seeded, { excludeTestServices: true })("fields and values", (it) => {
  it.effect("tell which attributes there are, how often, and of what type", () =>
    Effect.gen(function* () {
      const { fields, records, complete } = yield* readFields({ tenant: "a" })
      assert.deepStrictEqual([records, complete], [total, true])
      const summary = fields.map(({ name, origin, type, records }) => [name, origin, type, records])
      assert.sameDeepMembers(summary, [
        ["n", "attribute", "number", 600],
        ["word", "attribute", "text", 600],
        ["host.name", "resource", "text", 600],
        ["even", "attribute", "boolean", 300]
      ])
    })
  )

  it.effect("say when they looked at a part of the records only", () =>
    Effect.gen(function* () {
      const { records, complete } = yield* readFields({ tenant: "a", sample: 100 })
      assert.deepStrictEqual([records, complete], [100, false])
    })
  )

  it.effect("come by how frequent they are and by a part of their text", () =>
    Effect.gen(function* () {
      const severities = yield* readValues({ tenant: "a", field: "severity" })
      assert.deepStrictEqual(severities, [
        { value: "INFO", records: 540 },
        { value: "ERROR", records: 60 }
      ])
      const words = yield* readValues({ tenant: "a", field: "word", contains: "WÖRD2" })
      assert.deepStrictEqual(words, [{ value: "wörd2", records: 200 }])
      assert.deepStrictEqual(yield* readValues({ tenant: "a", field: "level" }), severities)
      assert.deepStrictEqual(yield* readValues({ tenant: "a", field: "resource.host.name" }), [
        { value: "h", records: 600 }
      ])
      assert.deepStrictEqual(yield* readValues({ tenant: "a", field: "x' OR 1" }), [])
    })
  )
})
