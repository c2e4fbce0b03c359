// A stage that fails over single records, in both placements: they become dead letters, and the pipeline goes on.
import { assert, describe, it } from "@effect/vitest"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { inputSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { readPipeline } from "@tailrace/pipeline/pipeline"
import type { PartitionStages } from "@tailrace/pipeline/stage"
import { readDeadLetters } from "@tailrace/store/read/dead-letters"
import { readLedger } from "@tailrace/store/read/ledger"
import { Publisher } from "@tailrace/streams/publisher"
import { makeSnapshots } from "@tailrace/streams/snapshots"
import { Effect } from "effect"
import { runPartition } from "../partition/partition.ts"
import { countEverything, countsOnce, publishNumbered, startWorld } from "../partition/placement.harness.ts"
import { catalogues, type Pipeline } from "../pipelines.ts"

const text = `
name: brittle
parse: { codec: json }
metrics: [{ type: count, name: all, by: [service], size: 1s, lateness: 0ms }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

const throwsOver = (number: number) => (batch: LogBatch) => {
  for (let row = 0; row < batch.length; row++) {
    if (batch.selected[row] === 1 && batch.body.text(row) === `record ${number}`) throw new RangeError(`over ${number}`)
  }
}

/** The parse stage fails over one frame, the others over a record each. */
const brittle = Effect.gen(function* () {
  const read = yield* readPipeline(catalogues, text)
  if (!("pipeline" in read)) return yield* Effect.die(read.problems)
  const stagesFor = (partition: number) =>
    Effect.map(read.pipeline.stagesFor(partition), (stages): PartitionStages => {
      const after = (work: (batch: LogBatch) => void, number: number) => (batch: LogBatch) => {
        work(batch)
        throwsOver(number)(batch)
      }
      const observe: PartitionStages["watch"]["observe"] = (batch, now) => {
        stages.watch.observe(batch, now)
        throwsOver(333)(batch)
      }
      return {
        ...stages,
        parse: (batch, frame) => {
          stages.parse(batch, frame)
          if (Buffer.from(frame.payload).includes('"poisonous"')) throw new TypeError("poison")
        },
        filter: { name: "filter", apply: after(stages.filter.apply, 111) },
        enrich: { name: "enrich", apply: after(stages.enrich.apply, 222) },
        watch: { ...stages.watch, observe }
      }
    })
  return { ...read.pipeline, stagesFor } satisfies Pipeline
})

describe.each(["fused", "staged"] as const)("poison, %s", { retry: 0 }, (placement) => {
  it.live("ends as dead letters with its bytes, and everything else is stored once", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const pipeline = yield* brittle
      const poison = '{"msg":"poisonous","number":9999}'
      yield* Effect.gen(function* () {
        const snapshots = yield* makeSnapshots()
        const { runtime } = yield* runPartition(pipeline, placement, 0, snapshots)
        yield* publishNumbered({ from: 0, to: 300, perFrame: 20, start, stepMillis: 20 })
        const publisher = yield* Publisher
        yield* publisher.publish(inputSubject("default", "numbered"), encodeUtf8(poison))
        yield* publishNumbered({ from: 300, to: 600, perFrame: 20, start, stepMillis: 20 })
        const after = yield* countsOnce(countEverything, (now) => now.received === 601)
        assert.deepInclude(after, { rows: 597, numbers: 597, rollup: 597, stored: 597, dropped: 0 })
        const letters = yield* readDeadLetters({ tenant: undefined, first: 10, mostBytes: 10_000 })
        const facts = letters.map(({ payload, reason, stage }) => {
          const { msg } = JSON.parse(Buffer.from(payload).toString())
          return `${stage} ${msg} ${reason}`
        })
        assert.deepStrictEqual(facts.sort(), [
          "enrich record 222 failed: RangeError",
          "filter record 111 failed: RangeError",
          "parse poisonous failed: TypeError",
          "watch record 333 failed: RangeError"
        ])
        const ledger = yield* readLedger({ tenant: undefined })
        const rejected = ledger.reduce((sum, line) => sum + line.rejected, 0)
        assert.deepStrictEqual([rejected, ledger.every(({ balance }) => balance === 0)], [4, true])
        assert.isAtLeast(runtime.supervisor().restarts, 1)
        assert.strictEqual(runtime.supervisor().status, "running")
      }).pipe(Effect.provide(world.context))
    }).pipe(Effect.scoped)
  )
})
