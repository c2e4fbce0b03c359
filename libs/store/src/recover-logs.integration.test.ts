// Integration test of recovery: the engine is killed in the middle of inserts, again and again, and every count is exact.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { startStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber } from "effect"
import { insertLogs } from "./insert-logs.ts"
import { recoverLogs } from "./recover-logs.ts"
import { read } from "./store.ts"

const partition = 1
const framesPerBatch = 4
const rowsPerFrame = 250
/** Milliseconds of inserting before each kill, spread so that kills fall before, into and behind commits. */
const delays = [5, 12, 19, 26, 33, 40, 47, 54, 61, 68, 75, 82]

const batchFrom = (sequence: number): LogBatch => {
  const batch = LogBatch.make({ partition })
  for (let frame = 0; frame < framesPerBatch; frame++) {
    batch.beginFrame({ sequence: sequence + frame, tenant: "a", source: "http", receivedMillis: 1_795_249_863_178 })
    for (let n = 0; n < rowsPerFrame; n++) {
      batch.appendRecord({ body: `record ${sequence + frame} ${n}`, service: `s${n % 9}`, severity: "INFO" })
    }
  }
  return batch
}

const counts = read<{ rows: string; records: string; rollup: string }>({
  operation: "count everything",
  sql: `SELECT (SELECT count() FROM logs) AS rows, (SELECT uniqExact(sequence, row) FROM logs) AS records,
    (SELECT sum(logs_per_minute.records) FROM logs_per_minute) AS rollup`
})

describe("recovery after kills", { retry: 0 }, () => {
  it.live(
    "loses no acknowledged batch, doubles none, and leaves the rollup equal to the rows",
    () =>
      Effect.gen(function* () {
        const { layer, front } = yield* startStore
        let ingestedAt = 1_795_249_863_178
        let acknowledged = 0
        const life = (attempt: number, delay: number) =>
          Effect.gen(function* () {
            const batch = yield* Effect.retry(recoverLogs(partition), {
              while: (error) => error.consequence === "retry"
            })
            let next = (batch?.lastSequence ?? 0) + 1
            assert.isAtLeast(next - 1, acknowledged)
            ingestedAt = Math.max(ingestedAt, batch?.ingestedAt ?? 0)
            const insert = Effect.suspend(() =>
              insertLogs(batchFrom(next), { ingestedAt: ++ingestedAt, attempt })
            ).pipe(
              Effect.andThen(
                Effect.sync(() => {
                  acknowledged = next + framesPerBatch - 1
                  next += framesPerBatch
                })
              )
            )
            yield* insert
            const inFlight = yield* Effect.forkChild(Effect.exit(Effect.forever(insert)))
            yield* Effect.sleep(delay)
            const pid = front?.pid()
            if (pid !== undefined) process.kill(pid, "SIGKILL")
            yield* Fiber.join(inFlight)
            yield* waitUntil(
              Effect.sync(() => front?.restarts() ?? 0),
              (restarts) => restarts === attempt,
              { what: "the engine's restart" }
            )
          })
        const program = Effect.gen(function* () {
          for (const [index, delay] of delays.entries()) yield* life(index + 1, delay)
          const last = yield* recoverLogs(partition)
          const expected = String((last?.lastSequence ?? 0) * rowsPerFrame)
          assert.isAtLeast(last?.lastSequence ?? 0, Math.max(acknowledged, delays.length * framesPerBatch))
          assert.deepStrictEqual(yield* counts, [{ rows: expected, records: expected, rollup: expected }])
        })
        if (front === undefined) return
        yield* Effect.provide(program, layer)
      }),
    60_000
  )
})
