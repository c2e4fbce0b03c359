// Chapter 6: offsets travel with outputs. Why nothing is lost or doubled when a pipeline stops anywhere.
import { assert, layer } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { LogBatch } from "@tailrace/domain/log-batch"
import { ledgerOffset, logsOffset } from "@tailrace/store/recover/offsets"
import { read } from "@tailrace/store/store"
import { insertLogs } from "@tailrace/store/write/insert-logs"
import { Nats } from "@tailrace/streams/nats"
import { testStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { System } from "./running-system.harness.ts"

// The broker may deliver a message twice, and a process may die between storing and acknowledging. So progress is not
// kept in a place of its own, which could disagree with what was stored. Every row carries the partition and the sequence
// of the message it came from, and the highest stored sequence is the progress.
const pipeline = `
name: numbered
parse: { codec: json }
batch: { maxRows: 100, minLinger: 1ms, maxLinger: 5ms }
`

const counts = Effect.map(
  read<Record<"rows" | "numbers" | "rollup" | "received", string>>({
    operation: "count",
    sql: `SELECT
      (SELECT count() FROM logs) AS rows,
      (SELECT uniqExact(attributes['number']) FROM logs) AS numbers,
      (SELECT sum(records) FROM logs_per_minute) AS rollup,
      (SELECT sum(received) FROM ledger) AS received`
  }),
  ([row]) => ({
    rows: Number(row?.rows),
    numbers: Number(row?.numbers),
    rollup: Number(row?.rollup),
    received: Number(row?.received)
  })
)
const exactly = (records: number) => ({ rows: records, numbers: records, rollup: records, received: records })

layer(System.layer, { excludeTestServices: true, timeout: "60 seconds" })("a pipeline", (it) => {
  it.effect("that stops and starts again loses nothing and doubles nothing", () =>
    Effect.gen(function* () {
      const system = yield* System
      const counted = Effect.provide(counts, system.context)
      const publishNumbers = (from: number, to: number) =>
        Effect.forEach(
          Array.from({ length: (to - from) / 10 }, (_, i) => from + i * 10),
          (first) =>
            system.publish(
              "numbers",
              Array.from({ length: 10 }, (_, i) => JSON.stringify({ number: first + i })).join("\n")
            ),
          { concurrency: 8 }
        )
      yield* publishNumbers(0, 1_000)

      // First life: it is stopped as soon as something is stored, wherever it is then.
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* system.startProcessor(pipeline)
          yield* waitUntil(counted, ({ rows }) => rows > 0, { timeoutMillis: 20_000 })
        })
      )
      // Second life.
      yield* publishNumbers(1_000, 2_000)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* system.startProcessor(pipeline)
          yield* waitUntil(counted, ({ received }) => received >= 2_000, { timeoutMillis: 20_000 })
        })
      )
      // Rows, the rollup that hangs on the same insert, and the ledger all agree.
      assert.deepStrictEqual(yield* counted, exactly(2_000))

      // The stored rows say how far the pipeline is, and so does each other output for itself.
      const offsets = Effect.all([logsOffset(0), ledgerOffset(0)])
      const [rowsOffset, accountOffset] = yield* Effect.provide(offsets, system.context)
      assert.strictEqual(rowsOffset, accountOffset)

      // Even the consumer's own memory of what was acknowledged is not needed: here it is deleted, and the third life
      // still goes on behind the last stored row.
      const { control } = yield* Effect.provide(Nats, system.context)
      yield* Effect.promise(async () => (await jetstreamManager(control)).consumers.delete("raw", "pipeline-0"))
      yield* publishNumbers(2_000, 2_100)
      yield* system.startProcessor(pipeline)
      yield* waitUntil(counted, ({ received }) => received >= 2_100, { timeoutMillis: 20_000 })
      assert.deepStrictEqual(yield* counted, exactly(2_100))
    })
  )
})

layer(testStore, { excludeTestServices: true, timeout: "60 seconds" })("an insert", (it) => {
  it.effect("whose answer got lost is repeated as it was, and stores its rows and counts them once", () =>
    Effect.gen(function* () {
      const batch = LogBatch.make({ partition: 0 })
      batch.beginFrame({ sequence: 1, tenant: "default", source: "chapter", receivedMillis: Date.UTC(2026, 2, 1) })
      for (let number = 0; number < 50; number++) batch.appendRecord({ attributes: { number: String(number) } })
      // One batch is one insert is one part, all or nothing. Its token is made of what stands in its rows: partition,
      // first and last sequence, attempt.
      const stamp = { ingestedAt: Date.UTC(2026, 2, 1), attempt: 7 }
      yield* insertLogs(batch, stamp)
      yield* insertLogs(batch, stamp)
      const { numbers, rollup, rows } = yield* counts
      assert.deepStrictEqual([rows, numbers, rollup], [50, 50, 50])
    })
  )
})
