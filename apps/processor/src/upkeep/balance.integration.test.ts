// Balance between real processors: one that joins is given a partition, one that leaves gives it back, and nothing is lost.
import { assert, describe, it } from "@effect/vitest"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect } from "effect"
import { Processor } from "../layer.ts"
import {
  countEverything,
  countsOnce,
  pipelineFile,
  publishNumbered,
  startWorldOf
} from "../partition/placement.harness.ts"

const pipeline = `
name: shared
parse: { codec: json }
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const partitions = 2
const records = 100
/** Sources are spread over the partitions by their names. */
const sources = ["a", "b", "c", "d", "e", "f", "g", "h"]

const runs = ({ partitions }: PipelineState) => partitions.filter(({ status }) => status === "running").length

describe.each(["fused", "staged"] as const)("processors that share partitions, %s", { retry: 0 }, (placement) => {
  it.live("run as many each, and store every record once while partitions change hands", () =>
    Effect.gen(function* () {
      const world = yield* startWorldOf(partitions)
      const file = yield* pipelineFile(pipeline)
      const start = (instance: string) =>
        Effect.map(world.startProcessor({ placement, pipeline: file, partitions, instance }), (context) =>
          Context.get(context, Processor)
        )
      let sent = 0
      const publish = Effect.suspend(() => {
        const from = sent
        sent += records
        const source = sources[(from / records) % sources.length] as string
        return publishNumbered({ from, to: sent, perFrame: 10, start: Date.now() - 60_000, stepMillis: 1, source })
      }).pipe(Effect.provide(world.context))
      /** Goes on publishing until so many partitions are run by each. */
      const until = (wanted: ReadonlyArray<number>, processors: ReadonlyArray<typeof Processor.Service>) =>
        waitUntil(
          Effect.andThen(publish, Effect.all(processors.map(({ state }) => Effect.map(state, runs)))),
          (now) => now.join() === wanted.join()
        )
      const first = yield* start("first")
      yield* until([2], [first])
      yield* Effect.scoped(
        Effect.gen(function* () {
          const second = yield* start("second")
          yield* until([1, 1], [first, second])
          for (const _ of sources) yield* publish
        })
      )
      yield* until([2], [first])
      const counts = Effect.provide(countEverything, world.context)
      const after = yield* countsOnce(counts, (now) => now.received === sent)
      assert.deepInclude(after, { rows: sent, numbers: sent, rollup: sent, stored: sent, dropped: 0 })
    }).pipe(Effect.scoped)
  )
})
