// Integration test of mending tables that an earlier release has doubled, against a real engine.
import { assert, describe, it } from "@effect/vitest"
import { LedgerTally } from "@tailrace/domain/ledger"
import { LogBatch } from "@tailrace/domain/log-batch"
import { testStore } from "@tailrace/testing/store"
import { Effect, Fiber } from "effect"
import { rollupDifferences } from "../read/ledger-check.ts"
import { command, read } from "../store.ts"
import { insertLogs } from "../write/insert-logs.ts"
import { insertLedger } from "../write/insert-rows.ts"
import { copiedTables, findCopies, removeCopies } from "./copies.ts"
import { findRollupDifferences, levelRollup } from "./level-rollup.ts"

const received = 1_795_249_863_178

/** Two messages of a partition with so many records each. */
const batchAt = (sequence: number, records: number, partition = 4): LogBatch => {
  const batch = LogBatch.make({ partition })
  for (const own of [sequence, sequence + 1]) {
    batch.beginFrame({ sequence: own, tenant: "a", source: "http", receivedMillis: received })
    for (let n = 0; n < records; n++)
      batch.appendRecord({ body: `record ${own} ${n}`, service: `s${n % 3}`, severity: "INFO" })
  }
  return batch
}

const store = Effect.fnUntraced(function* (sequence: number, records: number, partition = 4) {
  const batch = batchAt(sequence, records, partition)
  const stamp = { ingestedAt: received + sequence, attempt: 1 }
  yield* insertLogs(batch, stamp)
  const tally = new LedgerTally(partition)
  tally.add(batch.frames)
  yield* insertLedger(tally.take(), stamp)
})

/** What a start did whose store had forgotten the token of the last batch: the rollup counts it again, or knows its own token. */
const doubled = (table: string, condition: string) =>
  command("store it again", `INSERT INTO ${table} SELECT * FROM ${table} WHERE ${condition}`, {
    settings: { insert_deduplicate: 0 }
  })

const contents = read<{ rows: string; distinct: string; said: string; entries: string }>({
  operation: "read everything",
  sql: `SELECT count() AS rows, uniqExact(partition, sequence, row) AS distinct,
    sum(cityHash64(* EXCEPT (attempt, ingested_at))) AS said, (SELECT count() FROM ledger) AS entries FROM logs`
})

const viewSql = Effect.map(
  read<{ create: string }>({
    operation: "read the view",
    sql: "SELECT create_table_query AS create FROM system.tables WHERE database = currentDatabase() AND name = 'logs_per_minute_of_partition'"
  }),
  ([view]) => (view?.create ?? "").replace("CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW IF NOT EXISTS")
)

const mended = Effect.gen(function* () {
  const removed = yield* Effect.forEach(copiedTables, removeCopies)
  return { removed, places: yield* levelRollup }
})

/** Merges that each take parts from under the deletions, and rounds in which that may happen. */
const merges = 30

const counted = (found: ReadonlyArray<{ readonly rows: number }>) => found.reduce((sum, { rows }) => sum + rows, 0)

describe("a table that holds records more than once", { retry: 0 }, () => {
  it.live("is mended to what was sent, rows, rollup and ledger, and once only", () =>
    Effect.gen(function* () {
      for (const sequence of [1, 3, 5, 7]) yield* store(sequence, 30)
      yield* store(9, 20, 5)
      const before = yield* contents
      assert.deepStrictEqual(
        before.map(({ rows }) => rows),
        ["280"]
      )
      assert.deepStrictEqual(yield* mended, { removed: [0, 0], places: 0 })
      // Three starts double the last batch again and again, and one of them without the rollup.
      yield* doubled("logs", "partition = 4 AND sequence >= 7")
      yield* command("merge", "OPTIMIZE TABLE logs FINAL")
      const view = yield* viewSql
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      yield* doubled("logs", "partition = 4 AND sequence >= 7")
      yield* command("create the view", view)
      yield* doubled("ledger", "partition = 5")
      // A copy under another attempt, as where a token was logged for nothing, and rows that their rollup has lost.
      yield* insertLogs(batchAt(9, 20, 5), { ingestedAt: received + 40, attempt: 2 })
      assert.deepStrictEqual(
        (yield* findCopies("logs")).map(({ different, partition, rows }) => [partition, rows, different]),
        [
          [4, 180, 0],
          [5, 40, 0]
        ]
      )
      assert.strictEqual(counted(yield* findCopies("ledger")), 1)
      const [day] = yield* findRollupDifferences
      assert.deepInclude(day, { missing: 120, surplus: 0 })
      const { places, removed } = yield* mended
      assert.deepStrictEqual(removed, [220, 1])
      assert.isAbove(places, 0)
      assert.deepStrictEqual(yield* contents, before)
      assert.deepStrictEqual(yield* rollupDifferences, [])
      assert.deepStrictEqual(yield* findRollupDifferences, [])
      assert.deepStrictEqual(yield* mended, { removed: [0, 0], places: 0 })
    }).pipe(Effect.provide(testStore))
  )

  it.live("keeps what has the same place and says something else, and is mended while others insert and merge", () =>
    Effect.gen(function* () {
      yield* store(1, 50)
      yield* store(3, 50)
      yield* doubled("logs", "sequence IN (1, 3)")
      yield* command(
        "say something else",
        "INSERT INTO logs SELECT * REPLACE ('other' AS body) FROM logs WHERE row = 7 LIMIT 1"
      )
      // Of three with one place two say the same, whichever of them lies first.
      yield* command(
        "say it again",
        "INSERT INTO logs SELECT * REPLACE ('other' AS body, ingested_at - 1 AS ingested_at) FROM logs WHERE row = 9 LIMIT 1"
      )
      let others = 0
      const insertOn = Effect.suspend(() => store(100 + 2 * others++, 20, 9))
      const busy = yield* Effect.forkChild(Effect.forever(insertOn))
      const merging = yield* Effect.forkChild(
        Effect.repeat(Effect.delay(command("merge", "OPTIMIZE TABLE logs"), "20 millis"), { times: merges })
      )
      assert.strictEqual(yield* removeCopies("logs"), 100)
      yield* Fiber.interrupt(busy)
      yield* Fiber.interrupt(merging)
      assert.isAbove(others, 0)
      assert.deepStrictEqual(
        (yield* findCopies("logs")).map(({ different, partition, rows }) => [partition, rows, different]),
        [[4, 0, 2]]
      )
      yield* levelRollup
      assert.deepStrictEqual(yield* rollupDifferences, [])
    }).pipe(Effect.provide(testStore))
  )

  it.live("that an earlier release counted without telling partitions apart is mended as it counted", () =>
    Effect.gen(function* () {
      const view = yield* viewSql
      yield* command("drop the view", "DROP VIEW logs_per_minute_of_partition SYNC")
      yield* store(1, 30)
      yield* store(1, 10, 5)
      const countAsBefore = command(
        "count as before",
        `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, records, bytes)
          SELECT toDate(ingested_at) AS day, tenant, toStartOfMinute(timestamp) AS at, service, severity, count(), sum(length(body))
          FROM logs GROUP BY day, tenant, at, service, severity`
      )
      yield* countAsBefore
      yield* doubled("logs", "partition = 4")
      yield* command("create the view", view)
      yield* countAsBefore
      yield* mended
      assert.deepStrictEqual(yield* rollupDifferences, [])
      const partitions = read<{ partition: string }>({
        operation: "read the rollup",
        sql: "SELECT partition FROM logs_per_minute GROUP BY partition"
      })
      assert.deepStrictEqual(yield* partitions, [{ partition: "" }])
    }).pipe(Effect.provide(testStore))
  )
})
