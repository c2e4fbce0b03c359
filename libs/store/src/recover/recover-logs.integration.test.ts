// Integration test of recovery: the engine is killed in the middle of inserts, again and again, and every count is exact.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { startStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber } from "effect"
import { rollupDifferences } from "../read/ledger-check.ts"
import { read } from "../store.ts"
import { insertLogs } from "../write/insert-logs.ts"
import { recoverLogs } from "./recover-logs.ts"

/** A kill may tear an insert of each. */
const partitions = [1, 2, 3]
const framesPerBatch = 4
const rowsPerFrame = 250
/** Milliseconds of inserting before each kill, spread so that kills fall before, into and behind commits. */
const delays = [5, 19, 33, 47, 61, 75]

const batchFrom = (partition: number, sequence: number): LogBatch => {
  const batch = LogBatch.make({ partition })
  for (let frame = 0; frame < framesPerBatch; frame++) {
    batch.beginFrame({ sequence: sequence + frame, tenant: "a", source: "http", receivedMillis: 1_795_249_863_178 })
    for (let n = 0; n < rowsPerFrame; n++) {
      batch.appendRecord({ body: `record ${sequence + frame} ${n}`, service: `s${n % 9}`, severity: "INFO" })
    }
  }
  return batch
}

const counts = read<{ partition: number; rows: string; records: string }>({
  operation: "count everything",
  sql: "SELECT partition, count() AS rows, uniqExact(sequence, row) AS records FROM logs GROUP BY partition ORDER BY partition"
})

describe("recovery after kills", { retry: 0 }, () => {
  it.live(
    "loses no acknowledged batch of any partition, doubles none, and leaves the rollup equal to the rows",
    () =>
      Effect.gen(function* () {
        const { layer, front } = yield* startStore
        let ingestedAt = 1_795_249_863_178
        const acknowledged = new Map(partitions.map((partition) => [partition, 0]))
        const recovered = (partition: number) =>
          Effect.retry(recoverLogs(partition, Effect.void), { while: (error) => error.consequence === "retry" })
        /** Makes a partition whole and stores a batch; answers the inserting that goes on from there. */
        const begin = Effect.fnUntraced(function* (partition: number, attempt: number) {
          const batch = yield* recovered(partition)
          let next = (batch?.lastSequence ?? 0) + 1
          assert.isAtLeast(next - 1, acknowledged.get(partition) ?? 0)
          const insert = Effect.suspend(() =>
            insertLogs(batchFrom(partition, next), { ingestedAt: ++ingestedAt, attempt })
          ).pipe(
            Effect.andThen(
              Effect.sync(() => {
                acknowledged.set(partition, next + framesPerBatch - 1)
                next += framesPerBatch
              })
            )
          )
          yield* insert
          return Effect.forever(insert)
        })
        const life = (attempt: number, delay: number) =>
          Effect.gen(function* () {
            const going = yield* Effect.forEach(partitions, (partition) => begin(partition, attempt))
            const inFlight = yield* Effect.forEach(going, (inserting) => Effect.forkChild(Effect.exit(inserting)))
            yield* Effect.sleep(delay)
            const pid = front?.pid()
            if (pid !== undefined) process.kill(pid, "SIGKILL")
            for (const one of inFlight) yield* Fiber.join(one)
            yield* waitUntil(
              Effect.sync(() => front?.restarts() ?? 0),
              (restarts) => restarts === attempt,
              { what: "the engine's restart" }
            )
          })
        const program = Effect.gen(function* () {
          for (const [index, delay] of delays.entries()) yield* life(index + 1, delay)
          const ends = yield* Effect.forEach(partitions, recovered)
          const expected = ends.map((last, i) => {
            const partition = partitions[i] as number
            const least = Math.max(acknowledged.get(partition) ?? 0, delays.length * framesPerBatch)
            assert.isAtLeast(last?.lastSequence ?? 0, least)
            const rows = String((last?.lastSequence ?? 0) * rowsPerFrame)
            return { partition, rows, records: rows }
          })
          assert.deepStrictEqual(yield* counts, expected)
          assert.deepStrictEqual(yield* rollupDifferences, [])
        })
        if (front === undefined) return
        yield* Effect.provide(program, layer)
      }),
    120_000
  )
})
