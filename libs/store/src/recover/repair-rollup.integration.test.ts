// Integration test of the rollup's repair, against a real engine.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { testStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber } from "effect"
import { rollupDifferences } from "../read/ledger-check.ts"
import { command, read } from "../store.ts"
import { type StoredBatch, Tables } from "../tables.ts"
import { insertLogs } from "../write/insert-logs.ts"
import { lastBatch } from "./offsets.ts"
import { recoverLogs } from "./recover-logs.ts"
import { repairRollup } from "./repair-rollup.ts"

const batchAt = (sequence: number, rows: number, partition = 4): LogBatch => {
  const batch = LogBatch.make({ partition })
  batch.beginFrame({ sequence, tenant: "a", source: "http", receivedMillis: 1_795_249_863_178 })
  for (let n = 0; n < rows; n++) batch.appendRecord({ body: `record ${n}`, service: `s${n % 3}`, severity: "INFO" })
  return batch
}

/** Of the insert of that number. */
const stampOf = (number: number): number => 1_795_249_863_200 + number

const rollup = read<{ records: string; bytes: string }>({
  operation: "read the rollup",
  sql: "SELECT sum(logs_per_minute.records) AS records, sum(logs_per_minute.bytes) AS bytes FROM logs_per_minute"
})

const viewSql = Effect.map(
  read<{ create: string }>({
    operation: "read the view",
    sql: "SELECT create_table_query AS create FROM system.tables WHERE database = currentDatabase() AND name = 'logs_per_minute_of_partition'"
  }),
  ([view]) => (view?.create ?? "").replace("CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW IF NOT EXISTS")
)

describe("the rollup of a batch", () => {
  it.live("is filled in where it misses that batch, once, and is left alone where it counts it", () =>
    Effect.gen(function* () {
      yield* insertLogs(batchAt(1, 70), { ingestedAt: 1_795_249_863_200, attempt: 1 })
      const first = (yield* lastBatch(4)) as StoredBatch
      assert.isFalse(yield* repairRollup(4, first, Effect.void))
      // Without its view a batch has no rollup rows, as after a kill that left the token alone.
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition")
      yield* insertLogs(batchAt(2, 50), { ingestedAt: 1_795_249_863_300, attempt: 1 })
      assert.deepStrictEqual(yield* rollup, [{ records: "70", bytes: String(10 * 8 + 60 * 9) }])
      const batch = (yield* lastBatch(4)) as StoredBatch
      assert.strictEqual(yield* Effect.flip(repairRollup(4, batch, Effect.fail("overtaken"))), "overtaken")
      assert.isTrue(yield* repairRollup(4, batch, Effect.void))
      assert.isFalse(yield* repairRollup(4, batch, Effect.fail("not asked")))
      assert.deepStrictEqual(yield* rollup, [{ records: "120", bytes: String(20 * 8 + 100 * 9) }])
    }).pipe(Effect.provide(testStore))
  )

  it.live("counts no more what never came, where the rows came otherwise, in other places of their minute", () =>
    Effect.gen(function* () {
      yield* insertLogs(batchAt(1, 70), { ingestedAt: stampOf(1), attempt: 1 })
      yield* insertLogs(batchAt(2, 50), { ingestedAt: stampOf(2), attempt: 1 })
      // A failure of the power that takes the part of the rows and leaves that of the rollup.
      yield* command("delete the rows", "ALTER TABLE logs DELETE WHERE sequence = 2", {
        settings: { mutations_sync: "2" }
      })
      yield* insertLogs(batchAt(2, 1), { ingestedAt: stampOf(3), attempt: 2 })
      yield* insertLogs(batchAt(2, 5, 9), { ingestedAt: stampOf(3), attempt: 1 })
      assert.strictEqual((yield* rollupDifferences).length, 3)
      const batch = (yield* lastBatch(4)) as StoredBatch
      assert.isTrue(yield* repairRollup(4, batch, Effect.void))
      assert.isFalse(yield* repairRollup(4, batch, Effect.void))
      assert.deepStrictEqual(yield* rollupDifferences, [])
      yield* command("merge", "OPTIMIZE TABLE logs_per_minute FINAL")
      assert.deepStrictEqual(yield* rollupDifferences, [])
    }).pipe(Effect.provide(testStore))
  )

  it.live("is seen among the running inserts of its partition while it is repaired, and of no other", () =>
    Effect.gen(function* () {
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition")
      yield* insertLogs(batchAt(1, 70), { ingestedAt: 1_795_249_863_200, attempt: 1 })
      yield* command("hold repairs up", "CREATE TABLE held (a UInt8) ENGINE = Null")
      yield* command(
        "hold repairs up",
        "CREATE MATERIALIZED VIEW hold TO held AS SELECT toUInt8(sleepEachRow(0.9)) AS a FROM logs_per_minute"
      )
      const { runningInserts } = yield* Tables
      const batch = (yield* lastBatch(4)) as StoredBatch
      const repair = yield* Effect.forkScoped(repairRollup(4, batch, Effect.void))
      yield* waitUntil(runningInserts(4), (running) => running === 1)
      assert.strictEqual(yield* runningInserts(44), 0)
      assert.isTrue(yield* Fiber.join(repair))
      assert.strictEqual(yield* runningInserts(4), 0)
      assert.deepStrictEqual(yield* rollup, [{ records: "70", bytes: String(10 * 8 + 60 * 9) }])
    }).pipe(Effect.scoped, Effect.provide(testStore))
  )

  it.live(
    "is taken off where a retry was kept out of the table and counted, and the rows came under another token",
    () =>
      Effect.gen(function* () {
        yield* insertLogs(batchAt(1, 70), { ingestedAt: 1_795_249_863_200, attempt: 1 })
        const view = yield* viewSql
        const stamp = { ingestedAt: 1_795_249_863_300, attempt: 1 }
        // A kill that leaves the token alone leaves what an insert without the view leaves once its rows are deleted.
        yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
        yield* insertLogs(batchAt(2, 50), stamp)
        yield* command("delete the rows", "ALTER TABLE logs DELETE WHERE sequence = 2", {
          settings: { mutations_sync: "2" }
        })
        yield* command("create the view", view)
        yield* insertLogs(batchAt(2, 50), stamp)
        assert.strictEqual((yield* lastBatch(4))?.lastSequence, 1)
        yield* insertLogs(batchAt(2, 50), { ...stamp, attempt: 2 })
        assert.deepStrictEqual(yield* rollup, [
          { records: "170", bytes: String(10 * 8 + 60 * 9 + 2 * (10 * 8 + 40 * 9)) }
        ])
        const batch = (yield* lastBatch(4)) as StoredBatch
        assert.isTrue(yield* repairRollup(4, batch, Effect.void))
        assert.isFalse(yield* repairRollup(4, batch, Effect.void))
        const whole = [{ records: "120", bytes: String(20 * 8 + 100 * 9) }]
        assert.deepStrictEqual(yield* rollup, whole)
        yield* command("merge", "OPTIMIZE TABLE logs_per_minute FINAL")
        assert.deepStrictEqual(yield* rollup, whole)
      }).pipe(Effect.provide(testStore))
  )

  it.live("is made whole in each of several partitions that one kill has torn, while others go on inserting", () =>
    Effect.gen(function* () {
      const torn = [1, 2, 3, 4]
      const view = yield* viewSql
      for (const partition of torn) yield* insertLogs(batchAt(1, 30, partition), { ingestedAt: stampOf(1), attempt: 1 })
      // Of the same size, of others, and of twice another's: no sum of them tells which are missing.
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      for (const [partition, rows] of [
        [1, 20],
        [2, 20],
        [3, 40],
        [4, 70]
      ] as const)
        yield* insertLogs(batchAt(2, rows, partition), { ingestedAt: stampOf(2), attempt: 1 })
      yield* command("create the view", view)
      let others = 0
      const insertOn = Effect.suspend(() =>
        insertLogs(batchAt(++others, 10 + others, 9), { ingestedAt: stampOf(others), attempt: 1 })
      )
      const busy = yield* Effect.forkChild(Effect.forever(insertOn))
      for (const partition of torn) {
        const batch = (yield* lastBatch(partition)) as StoredBatch
        assert.strictEqual(batch.lastSequence, 2)
        assert.isTrue(yield* repairRollup(partition, batch, Effect.void))
        assert.isFalse(yield* repairRollup(partition, batch, Effect.void))
      }
      yield* Fiber.interrupt(busy)
      assert.isAbove(others, 1)
      yield* waitUntil(rollupDifferences, (differences) => differences.length === 0)
    }).pipe(Effect.provide(testStore))
  )

  it.live("is left as it is where an earlier release counted, which told no partitions apart", () =>
    Effect.gen(function* () {
      const view = yield* viewSql
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      yield* insertLogs(batchAt(1, 70), { ingestedAt: stampOf(1), attempt: 1 })
      yield* command(
        "count as before",
        `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, records, bytes)
          SELECT toDate(ingested_at) AS day, tenant, toStartOfMinute(timestamp) AS at, service, severity, count(), sum(length(body))
          FROM logs GROUP BY day, tenant, at, service, severity`
      )
      yield* command("create the view", view)
      const whole = yield* rollup
      assert.deepInclude(whole[0], { records: "70" })
      assert.strictEqual((yield* recoverLogs(4, Effect.void))?.lastSequence, 1)
      assert.deepStrictEqual(yield* rollup, whole)
    }).pipe(Effect.provide(testStore))
  )
})
