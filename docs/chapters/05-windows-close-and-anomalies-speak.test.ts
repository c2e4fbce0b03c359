// Chapter 5: windows close and anomalies speak. Metrics in event time, and what watches them.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { readPipeline } from "@tailrace/pipeline/pipeline"
import { catalogues } from "@tailrace/processor/pipelines"
import { Effect } from "effect"

// A metric condenses the records of a window into one number per key. Windows tumble: each begins where the one before
// ends, in event time, which is the time the records bear, not the time they arrived.
const pipelineText = `
metrics:
  - { type: count, name: errors, where: "level >= error", by: [service], size: 10s, lateness: 5s }
detectors:
  - { type: zscore, metric: errors, warmup: 5, threshold: 5, direction: high }
`

const noon = Date.UTC(2026, 2, 1, 12, 0, 0)

/** The part of a fresh pipeline that watches the records. */
const freshWatch = Effect.gen(function* () {
  const result = yield* readPipeline(catalogues, pipelineText)
  if ("problems" in result) return yield* Effect.die(result.problems)
  return (yield* result.pipeline.stagesFor(0)).watch
})

/** A batch of frames, one after another; each holds errors of `shop` at these seconds after noon, received an hour later. */
const batchOf = (first: number, ...frames: ReadonlyArray<ReadonlyArray<number>>) => {
  const batch = LogBatch.make({ partition: 0 })
  frames.forEach((seconds, i) => {
    batch.beginFrame({ sequence: first + i, tenant: "default", source: "chapter", receivedMillis: noon + 3_600_000 })
    for (const second of seconds) {
      const timestamp = BigInt(noon + Math.round(second * 1000)) * 1_000_000n
      batch.appendRecord({ timestamp, service: "shop", severity: "ERROR", severityNumber: 17 })
    }
  })
  return batch
}

const now = noon + 3_600_000
const startsAndValues = (panes: ReadonlyArray<{ readonly windowStart: number; readonly value: number }>) =>
  panes.map(({ value, windowStart }) => [(windowStart - noon) / 1000, value])

describe("a window", () => {
  it.effect("closes when the watermark passes its end", () =>
    Effect.gen(function* () {
      const watch = yield* freshWatch
      // The watermark is the newest event time less the lateness: nothing older is expected. With 5 s of lateness the
      // window from 0 to 10 s stays open until a record of second 15 has been seen.
      watch.observe(batchOf(1, [1, 4, 9.5], [14.9]), now)
      assert.isFalse(watch.hasFindings())
      watch.observe(batchOf(3, [15]), now)
      const { panes } = watch.takeFindings()
      assert.deepStrictEqual(startsAndValues(panes), [[0, 3]])
      // The closed aggregate of one key over one window is a pane.
      assert.deepStrictEqual(panes[0]?.key, { service: "shop" })
    })
  )

  it.effect("takes in what is late but not too late, and counts what is too late", () =>
    Effect.gen(function* () {
      const watch = yield* freshWatch
      watch.observe(batchOf(1, [12], [9]), now)
      watch.observe(batchOf(3, [16], [9]), now)
      assert.deepStrictEqual(startsAndValues(watch.takeFindings().panes), [[0, 1]])
      assert.deepStrictEqual(watch.missed(), [{ metric: "errors", late: 1, unmeasured: 0 }])
    })
  )

  it.effect("holds the same however its records were cut into batches", () =>
    Effect.gen(function* () {
      const frames = [[1, 2], [11], [8, 22], [3], [26], [47]]
      const whole = yield* freshWatch
      whole.observe(batchOf(1, ...frames), now)
      const pieces = yield* freshWatch
      frames.forEach((seconds, i) => {
        pieces.observe(batchOf(i + 1, seconds), now)
      })
      assert.deepStrictEqual(pieces.takeFindings().panes, whole.takeFindings().panes)
    })
  )

  it.effect("goes on after a restart from the state that was saved", () =>
    Effect.gen(function* () {
      const before = yield* freshWatch
      before.observe(batchOf(1, [1, 2]), now)
      // The snapshot is JSON and is kept together with the sequence it covers; chapter 6 tells why that is enough.
      const saved: unknown = JSON.parse(JSON.stringify(before.save()))
      const after = yield* freshWatch
      after.load(saved, 1)
      after.observe(batchOf(2, [3, 30]), now)
      assert.deepStrictEqual(startsAndValues(after.takeFindings().panes), [[0, 3]])
    })
  )

  it.effect("is not closed by one record from the future", () =>
    Effect.gen(function* () {
      const watch = yield* freshWatch
      watch.observe(batchOf(1, [1], [86_400], [9]), now)
      assert.isFalse(watch.hasFindings())
      assert.strictEqual(watch.missed()[0]?.late, 0)
    })
  )
})

describe("an anomaly", () => {
  it.effect("is a pane far from the panes before it, and says so in a sentence", () =>
    Effect.gen(function* () {
      const watch = yield* freshWatch
      // Two errors in each of six windows, then twenty in one.
      const usual = [0, 1, 2, 3, 4, 5].map((window) => [window * 10 + 1, window * 10 + 2])
      const burst = Array.from({ length: 20 }, (_, i) => 60 + i / 4)
      watch.observe(batchOf(1, ...usual, burst, [90]), now)
      const { anomalies } = watch.takeFindings()
      assert.strictEqual(anomalies.length, 1)
      const [anomaly] = anomalies
      assert.strictEqual(anomaly?.value, 20)
      assert.strictEqual(anomaly?.expected, 2)
      assert.strictEqual(anomaly?.direction, "high")
      assert.match(anomaly?.sentence ?? "", /^errors of service shop: 20 in 10 s, expected about 2 \(robust z-score /)
    })
  )

  it.effect("is not announced before enough panes were seen", () =>
    Effect.gen(function* () {
      const watch = yield* freshWatch
      const burst = Array.from({ length: 20 }, (_, i) => 20 + i / 4)
      watch.observe(batchOf(1, [1, 2], [11, 12], burst, [60]), now)
      assert.deepStrictEqual(watch.takeFindings().anomalies, [])
    })
  )
})
