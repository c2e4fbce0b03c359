// Integration tests of the insert against a real engine: what comes back, and exactness under retries and recovery.
import { assert, layer } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { LogRecord } from "@tailrace/domain/log-record"
import { testStore } from "@tailrace/testing/store"
import { Effect } from "effect"
import fc from "fast-check"
import { searchLogs } from "../read/search.ts"
import { lastBatch, logsOffset } from "../recover/offsets.ts"
import { recoverLogs } from "../recover/recover-logs.ts"
import { command, read, Store } from "../store.ts"
import { insertLogs, prepareLogs } from "./insert-logs.ts"
import { NativeBlockWriter } from "./native-block.ts"
import { lastSortableMillis } from "./native-columns.ts"

const received = 1_795_249_863_178

const counts = (partition: number) =>
  Effect.gen(function* () {
    const [logs] = yield* read<{ rows: string; bytes: string; parts: string }>({
      operation: "count rows",
      sql: "SELECT count() AS rows, sum(length(body)) AS bytes, uniq(_part) AS parts FROM logs WHERE partition = {p:UInt16}",
      params: { p: partition }
    })
    const [rollup] = yield* read<{ rows: string; bytes: string }>({
      operation: "count the rollup",
      sql: "SELECT sum(records) AS rows, sum(logs_per_minute.bytes) AS bytes FROM logs_per_minute WHERE tenant = {t:String}",
      params: { t: `t${partition}` }
    })
    return {
      rows: Number(logs?.rows),
      bytes: Number(logs?.bytes),
      rollup: [Number(rollup?.rows), Number(rollup?.bytes)]
    }
  })

/** A batch of `rows` records in frames of two, in a tenant of the partition's own. */
const numbered = (partition: number, firstSequence: number, rows: number): LogBatch => {
  const batch = LogBatch.make({ partition })
  for (let n = 0; n < rows; n++) {
    if (n % 2 === 0) {
      batch.beginFrame({
        sequence: firstSequence + n / 2,
        tenant: `t${partition}`,
        source: "http",
        receivedMillis: received
      })
    }
    batch.appendRecord({
      body: `record ${firstSequence} ${n}`,
      service: `s${n % 3}`,
      severity: "INFO",
      severityNumber: 9
    })
  }
  return batch
}

const newRecord = fc.record({
  timestamp: fc.bigInt({ min: 0n, max: BigInt(lastSortableMillis) * 1_000_000n + 999_999n }),
  observedTimestamp: fc.bigInt({ min: 0n, max: BigInt(lastSortableMillis) * 1_000_000n + 999_999n }),
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severity: fc.constantFrom("", "TRACE", "INFO", "ERROR"),
  service: fc.string({ unit: "grapheme", maxLength: 8 }),
  host: fc.constantFrom("", "host-1", "höst-2"),
  traceId: fc.constantFrom("", "0af7651916cd43dd8448eb211c80319c"),
  spanId: fc.constantFrom("", "b7ad6b7169203331"),
  parsed: fc.boolean(),
  body: fc.oneof(
    fc.constantFrom("", "x".repeat(65_536), "\u0000\t\n\\'\"", "ünï¢ødé 日志 🎉"),
    fc.string({ unit: "grapheme" })
  ),
  attributes: fc.dictionary(fc.string({ maxLength: 6 }), fc.string({ unit: "grapheme", maxLength: 12 }), {
    maxKeys: 60
  }),
  resource: fc.dictionary(fc.constantFrom("k8s.pod", "", "__proto__", "host.name"), fc.string(), { maxKeys: 4 })
})

layer(testStore, { excludeTestServices: true })("inserting a batch", (it) => {
  it.effect("gives back exactly the records that are kept", () =>
    Effect.gen(function* () {
      const store = yield* Store
      let run = 0
      const rows = fc.array(fc.tuple(newRecord, fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 40 })
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(rows, async (records) => {
            const tenant = `round-${run++}`
            const batch = LogBatch.make({ partition: 65_535, rowCapacity: 4 })
            const sequence = 2 ** 53 - 1 - 1_000 * run
            const expected: Array<LogRecord> = []
            for (const [index, [record, chance]] of records.entries()) {
              if (index % 7 === 0)
                batch.beginFrame({ sequence: sequence + index, tenant, source: "http", receivedMillis: received })
              const row = batch.appendRecord(record)
              if (chance === 0) batch.drop(row, "noise")
              else expected.push(batch.record(row))
            }
            const program = Effect.gen(function* () {
              yield* insertLogs(batch, { ingestedAt: received + run, attempt: 2 ** 32 - 1 })
              return yield* searchLogs({ tenant, first: 100 })
            })
            const page = await Effect.runPromise(Effect.provideService(program, Store, store))
            assert.deepStrictEqual(inOrder(page.records), inOrder(expected))
          }),
          { numRuns: 30 }
        )
      )
    })
  )

  it.effect("again under its token changes neither the rows nor the rollup", () =>
    Effect.gen(function* () {
      const insert = numbered(1, 100, 10)
      const stamp = { ingestedAt: received, attempt: 7 }
      yield* insertLogs(insert, stamp)
      const once = yield* counts(1)
      assert.deepStrictEqual([once.rows, once.rollup[0]], [10, 10])
      assert.strictEqual(once.bytes, once.rollup[1])
      yield* insertLogs(insert, stamp)
      yield* insertLogs(insert, stamp)
      assert.deepStrictEqual(yield* counts(1), once)
    })
  )

  it.effect("makes one part, however its times spread", () =>
    Effect.gen(function* () {
      const batch = LogBatch.make({ partition: 2 })
      batch.beginFrame({ sequence: 1, tenant: "t2", source: "http", receivedMillis: received })
      for (let year = 0; year < 130; year++) batch.appendRecord({ timestamp: BigInt(year) * 31_556_952_000_000_000n })
      yield* insertLogs(batch, { ingestedAt: received, attempt: 1 })
      const parts = yield* read<{ rows: string }>({
        operation: "read parts",
        sql: "SELECT count() AS rows FROM logs WHERE partition = 2 GROUP BY _part"
      })
      assert.deepStrictEqual(
        parts.map((part) => part.rows),
        ["130"]
      )
    })
  )

  it.effect("keeps all columns of a large batch in one file", () =>
    Effect.gen(function* () {
      const batch = numbered(7, 1, 20_000)
      const line = new TextEncoder().encode("x".repeat(600))
      const key = new TextEncoder().encode("line")
      for (let row = 0; row < batch.length; row++) {
        batch.attributes.append(row, key, 0, key.length, line, 0, line.length)
      }
      yield* insertLogs(batch, { ingestedAt: received, attempt: 1 })
      const parts = yield* read<{ type: string }>({
        operation: "read parts",
        sql: `SELECT part_type AS type FROM system.parts WHERE database = currentDatabase() AND table = 'logs'
          AND name IN (SELECT DISTINCT _part FROM logs WHERE partition = 7)`
      })
      assert.deepStrictEqual(parts, [{ type: "Compact" }])
    })
  )

  it.effect("says how far a partition is stored, and which batch was the last", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* lastBatch(3))
      assert.strictEqual(yield* logsOffset(3), 0)
      yield* insertLogs(numbered(3, 10, 4), { ingestedAt: received, attempt: 4 })
      const batch = numbered(3, 12, 8)
      for (const row of [0, 1, 7]) batch.drop(row, "noise")
      yield* insertLogs(batch, { ingestedAt: received + 1, attempt: 4 })
      const expected = { firstSequence: 13, lastSequence: 15, ingestedAt: received + 1, attempt: 4, rows: 5 }
      assert.deepStrictEqual(yield* lastBatch(3), expected)
      assert.strictEqual(yield* logsOffset(3), 15)
    })
  )

  it.effect("finds the last batch of a partition that has been silent for days", () =>
    Effect.gen(function* () {
      yield* insertLogs(numbered(4, 1, 4), { ingestedAt: received - 9 * 86_400_000, attempt: 1 })
      assert.strictEqual(yield* logsOffset(4), 2)
    })
  )
})

layer(testStore, { excludeTestServices: true })("recovery after a crash", (it) => {
  it.effect("fills rollup rows that the crash left out, once, without doubling the rows", () =>
    Effect.gen(function* () {
      const stamp = { ingestedAt: received, attempt: 9 }
      const view = yield* read<{ create: string }>({
        operation: "read the view",
        sql: "SELECT create_table_query AS create FROM system.tables WHERE database = currentDatabase() AND name = 'logs_per_minute_of_partition'"
      })
      yield* insertLogs(numbered(1, 1, 10), { ingestedAt: received - 1, attempt: 9 })
      // A kill between the part and its rollup leaves what an insert without the view leaves.
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      yield* insertLogs(numbered(1, 6, 20), stamp)
      yield* command(
        "create the view",
        (view[0]?.create ?? "").replace("CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW IF NOT EXISTS")
      )
      const torn = yield* counts(1)
      assert.deepStrictEqual([torn.rows, torn.rollup[0]], [30, 10])
      const batch = yield* recoverLogs(1, Effect.void)
      assert.deepStrictEqual(batch, { firstSequence: 6, lastSequence: 15, ...stamp, rows: 20 })
      const whole = yield* counts(1)
      assert.deepStrictEqual([whole.rows, whole.rollup[0]], [30, 30])
      assert.strictEqual(whole.bytes, whole.rollup[1])
      yield* recoverLogs(1, Effect.void)
      assert.deepStrictEqual(yield* counts(1), whole)
    })
  )

  it.effect("knows the rows again after the engine has merged their part with others", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 3; n++) {
        yield* insertLogs(numbered(5, 1 + n * 5_000, 10_000), { ingestedAt: received + n, attempt: 1 })
      }
      yield* command("merge", "OPTIMIZE TABLE logs FINAL")
      const before = yield* counts(5)
      assert.strictEqual((yield* recoverLogs(5, Effect.void))?.rows, 10_000)
      assert.deepStrictEqual(yield* counts(5), before)
      assert.deepStrictEqual([before.rows, before.rollup[0]], [30_000, 30_000])
    })
  )

  it.effect("goes on behind the stored rows under a later attempt and counts everything once", () =>
    Effect.gen(function* () {
      yield* insertLogs(numbered(2, 1, 10), { ingestedAt: received, attempt: 1 })
      const batch = yield* recoverLogs(2, Effect.void)
      assert.strictEqual(batch?.lastSequence, 5)
      yield* insertLogs(numbered(2, 6, 6), { ingestedAt: received + 1, attempt: 2 })
      const { rows, rollup } = yield* counts(2)
      assert.deepStrictEqual([rows, rollup[0]], [16, 16])
    })
  )

  it.effect("would double a batch that is stored if it were inserted under a new attempt", () =>
    Effect.gen(function* () {
      yield* insertLogs(numbered(3, 1, 10), { ingestedAt: received, attempt: 1 })
      yield* insertLogs(numbered(3, 1, 10), { ingestedAt: received, attempt: 2 })
      const { rows, rollup } = yield* counts(3)
      assert.deepStrictEqual([rows, rollup[0]], [20, 20])
    })
  )

  it.effect("would lose a batch that is absent if it were inserted under a token that is already logged", () =>
    Effect.gen(function* () {
      const logged = prepareLogs(new NativeBlockWriter(), numbered(4, 1, 10), { ingestedAt: received, attempt: 1 })
      yield* insertLogs(numbered(4, 1, 10), { ingestedAt: received, attempt: 1 })
      yield* command("delete the rows", "ALTER TABLE logs DELETE WHERE partition = 4", {
        settings: { mutations_sync: "2" }
      })
      yield* insertLogs(numbered(4, 1, 10), { ingestedAt: received, attempt: 1 })
      assert.strictEqual((yield* counts(4)).rows, 0)
      assert.strictEqual(logged?.token, "4-1-5-1")
      yield* insertLogs(numbered(4, 1, 10), { ingestedAt: received, attempt: 2 })
      assert.strictEqual((yield* counts(4)).rows, 10)
    })
  )

  it.effect("finds the rollup counting rows that are not there after their logged token was used again", () =>
    Effect.gen(function* () {
      const stamp = { ingestedAt: received, attempt: 1 }
      const view = yield* read<{ create: string }>({
        operation: "read the view",
        sql: "SELECT create_table_query AS create FROM system.tables WHERE database = currentDatabase() AND name = 'logs_per_minute_of_partition'"
      })
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      yield* insertLogs(numbered(6, 1, 10), stamp)
      yield* command("delete the rows", "ALTER TABLE logs DELETE WHERE partition = 6", {
        settings: { mutations_sync: "2" }
      })
      yield* command(
        "create the view",
        (view[0]?.create ?? "").replace("CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW IF NOT EXISTS")
      )
      yield* insertLogs(numbered(6, 1, 10), stamp)
      const after = yield* counts(6)
      assert.deepStrictEqual([after.rows, after.rollup[0]], [0, 10])
    })
  )

  it.effect("of a partition without rows is nothing", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* recoverLogs(9, Effect.void))
    })
  )
})

const inOrder = (records: ReadonlyArray<LogRecord>): Array<LogRecord> =>
  records
    .map((record) => ({ ...record, attributes: { ...record.attributes }, resource: { ...record.resource } }))
    .sort((a, b) => a.sequence - b.sequence || a.row - b.row)
