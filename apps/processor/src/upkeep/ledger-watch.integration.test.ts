// LedgerWatch against a real store: 0 unaccounted after a normal run, and as many as rows were taken away.
import { assert, describe, it } from "@effect/vitest"
import { ledgerEntries } from "@tailrace/domain/ledger"
import { LogBatch } from "@tailrace/domain/log-batch"
import { command } from "@tailrace/store/store"
import { insertLogs } from "@tailrace/store/write/insert-logs"
import { insertLedger } from "@tailrace/store/write/insert-rows"
import { Metrics } from "@tailrace/telemetry/metrics"
import { testStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber, Layer } from "effect"
import { watchLedger } from "./ledger-watch.ts"

/** Ten records of one frame, two of them dropped. */
const batchOfTen = () => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence: 7, tenant: "default", source: "web", receivedMillis: Date.now() })
  for (let i = 0; i < 10; i++) batch.appendRecord({ body: `record ${i}`, timestamp: BigInt(Date.now()) * 1_000_000n })
  batch.drop(0, "noise")
  batch.drop(1, "noise")
  return batch
}

/** Value of a metric of partition 0 once it is there. */
const metric = (name: string, holds: (value: number) => boolean) =>
  Effect.gen(function* () {
    const metrics = yield* Metrics
    const value = Effect.map(metrics.text, (text) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.split(" ")
          .at(-1)
      )
    )
    return yield* waitUntil(value, holds, { what: name })
  })

describe("the watch over the ledger", () => {
  it.live("finds every record accounted for, and tells how many rows are missing", () =>
    Effect.gen(function* () {
      const batch = batchOfTen()
      yield* insertLogs(batch, { ingestedAt: Date.now(), attempt: 1 })
      yield* insertLedger(ledgerEntries(0, batch.frames), { ingestedAt: Date.now(), attempt: 1 })
      const first = yield* Effect.forkScoped(watchLedger([0, 1]))
      yield* metric('tailrace_ledger_records{partition="0",state="received"}', (value) => value === 10)
      yield* metric('tailrace_ledger_records{partition="0",state="dropped"}', (value) => value === 2)
      yield* metric('tailrace_ledger_records{partition="0",state="rows"}', (value) => value === 8)
      yield* metric('tailrace_ledger_unaccounted_records{partition="0"}', (value) => value === 0)
      yield* metric('tailrace_ledger_unaccounted_records{partition="1"}', (value) => value === 0)
      yield* Fiber.interrupt(first)

      yield* command("take rows away", "ALTER TABLE logs DELETE WHERE row IN (3, 4)", {
        settings: { mutations_sync: "2" }
      })
      yield* Effect.forkScoped(watchLedger([0]))
      const value = yield* metric('tailrace_ledger_unaccounted_records{partition="0"}', (value) => value !== 0)
      assert.strictEqual(value, 2)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(testStore, Metrics.layerBare)))
  )
})
