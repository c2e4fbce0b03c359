// The processor between a real broker and a real store, in both placements: exactly once, through restarts and crashes.
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Anomaly } from "@tailrace/domain/anomaly"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { stateSubjects } from "@tailrace/domain/subjects"
import { read } from "@tailrace/store/store"
import { subscribeLive } from "@tailrace/streams/live"
import { Nats } from "@tailrace/streams/nats"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect } from "effect"
import { type Counts, countEverything, countsOnce, publishNumbered, startWorld } from "./placement.harness.ts"

const pipeline = `
name: numbered
parse: { codec: json }
filter: [{ type: drop, name: noise, when: "level:debug" }]
metrics: [{ type: count, name: all, by: [service], size: 1s, lateness: 0ms }]
detectors: [{ type: zscore, metric: all, warmup: 5, threshold: 4, direction: high }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`

/** Every seventh record is noise. */
const level = (number: number) => (number % 7 === 0 ? "debug" : "info")
const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

const withFile = (text: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "tailrace-processor-"))
      const file = join(folder, "pipeline.yaml")
      await writeFile(file, text)
      return { folder, file }
    }),
    ({ folder }) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )

/** `records` numbers of which every seventh was dropped, all stored once and counted once, panes for all but the open window. */
const assertExact = (counts: Counts, records: number) => {
  const kept = records - Math.ceil(records / 7)
  assert.deepInclude(counts, { rows: kept, numbers: kept, rollup: kept, received: records, stored: kept })
  assert.strictEqual(counts.dropped, records - kept)
}

const setUp = Effect.gen(function* () {
  const world = yield* startWorld
  const { file, folder } = yield* withFile(pipeline)
  const publish = (from: number, to: number) =>
    publishNumbered({ from, to, perFrame: 50, start, stepMillis: 20, level }).pipe(Effect.provide(world.context))
  const counts = Effect.provide(countEverything, world.context)
  return { world, file, folder, publish, counts }
})

it.live("goes on in staged placement behind what fused placement had stored when it was killed", () =>
  Effect.gen(function* () {
    const { counts, file, folder, publish, world } = yield* setUp
    // Its windows are never saved, so staged placement reads from the beginning, and rows end in the middle of a message.
    const patient = pipeline
      .replace("lateness: 0ms", "lateness: 1d")
      .replace("snapshotEvery: 100ms", "snapshotEvery: 1d")
    yield* Effect.promise(() => writeFile(file, patient.replace("maxLinger: 20ms", "maxLinger: 1s")))
    const config = join(folder, "processor.yaml")
    const kept = 1_000 - Math.ceil(1_000 / 7)
    const fused = world.configOf({ placement: "fused", pipeline: file })
    yield* Effect.promise(() => writeFile(config, JSON.stringify(fused)))
    yield* publish(0, 1_000)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const child = yield* startChild(config)
        yield* waitUntil(counts, (now) => now.rows === kept || child.exitCode !== null)
        assert.isNull(child.exitCode)
      })
    )
    yield* publish(1_000, 2_000)
    yield* world.startProcessor({ placement: "staged", pipeline: file })
    assertExact(yield* countsOnce(counts, (now) => now.received === 2_000 && now.rows >= 2 * kept), 2_000)
  }).pipe(Effect.scoped)
)

describe.each(["fused", "staged"] as const)("processor, %s", { retry: 0 }, (placement) => {
  it.live("stores every record once, with a ledger, a rollup and panes that add up", () =>
    Effect.gen(function* () {
      const { counts, file, publish, world } = yield* setUp
      yield* world.startProcessor({ placement, pipeline: file })
      yield* publish(0, 2_000)
      const after = yield* countsOnce(counts, (now) => now.received === 2_000 && now.panes >= 1_600)
      assertExact(after, 2_000)
    }).pipe(Effect.scoped)
  )

  it.live("loses and doubles nothing when it is stopped in the middle and started again", () =>
    Effect.gen(function* () {
      const { counts, file, publish, world } = yield* setUp
      yield* publish(0, 1_000)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* world.startProcessor({ placement, pipeline: file })
          yield* waitUntil(counts, (now) => now.rows > 0)
        })
      )
      yield* publish(1_000, 2_000)
      yield* world.startProcessor({ placement, pipeline: file })
      yield* publish(2_000, 3_000)
      const after = yield* countsOnce(counts, (now) => now.received === 3_000 && now.panes >= 2_500)
      assertExact(after, 3_000)
      const [panes] = yield* Effect.provide(panesAgainstRows, world.context)
      assert.deepStrictEqual(panes, { wrong: "0" })
    }).pipe(Effect.scoped)
  )

  it.live("loses and doubles nothing when it is killed again and again", () =>
    Effect.gen(function* () {
      const { counts, file, folder, publish, world } = yield* setUp
      const config = join(folder, "processor.yaml")
      yield* Effect.promise(() => writeFile(config, JSON.stringify(world.configOf({ placement, pipeline: file }))))
      for (let life = 0; life < 3; life++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const child = yield* startChild(config)
            const before = (yield* counts).rows
            yield* publish(life * 1_000, (life + 1) * 1_000)
            yield* waitUntil(counts, (now) => now.rows > before || child.exitCode !== null)
            assert.isNull(child.exitCode)
          })
        )
      }
      yield* world.startProcessor({ placement, pipeline: file })
      const after = yield* countsOnce(counts, (now) => now.received === 3_000 && now.panes >= 2_500)
      assertExact(after, 3_000)
      const [panes] = yield* Effect.provide(panesAgainstRows, world.context)
      assert.deepStrictEqual(panes, { wrong: "0" })
    }).pipe(Effect.scoped)
  )

  it.live("shows batches just stored to live tails, tells its state, and reports an anomaly", () =>
    Effect.gen(function* () {
      const { file, publish, world } = yield* setUp
      const { control } = Context.get(world.context, Nats)
      const live: Array<number> = []
      const states: Array<PipelineState> = []
      const anomalies: Array<Anomaly> = []
      const subscribe = (
        subject: string,
        take: (message: { readonly data: Uint8Array; readonly json: <A>() => A }) => void
      ) => control.subscribe(subject, { callback: (_, message) => take(message) })
      yield* Effect.provideContext(
        subscribeLive(({ bytes }) => void live.push(decodeBatch(bytes).keptCount)),
        world.context
      )
      subscribe(stateSubjects, (message) => void states.push(message.json()))
      subscribe("logs.anomalies.>", (message) => void anomalies.push(message.json()))
      yield* Effect.promise(() => control.flush())
      yield* world.startProcessor({ placement, pipeline: file })
      yield* publish(0, 1_000)
      // 300 records of service s0 within one second, where some 14 were usual.
      const burst = publishNumbered({
        from: 0,
        to: 900,
        perFrame: 300,
        start: start + 20_000,
        stepMillis: 1,
        level: () => "info"
      })
      yield* Effect.provide(burst, world.context)
      yield* publish(1_100, 1_200)
      const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)
      const seen = Effect.sync(() => ({ live: sum(live), anomalies, states: states.at(-1)?.partitions[0] }))
      const last = yield* waitUntil(
        seen,
        (now) => now.anomalies.length >= 3 && now.live >= 1_842 && (now.states?.rules[0]?.dropped ?? 0) >= 157
      )
      assert.match(
        last.anomalies[0]?.sentence ?? "",
        /^all of service s\d: 3\d\d in 1 s, expected about 1\d \(robust z-score/
      )
      assert.strictEqual(last.states?.status, "running")
      const rows = yield* Effect.provide(
        read<{ readonly n: string }>({ operation: "count anomalies", sql: "SELECT count() AS n FROM anomalies FINAL" }),
        world.context
      )
      assert.strictEqual(Number(rows[0]?.n), 3)
    }).pipe(Effect.scoped)
  )
})

/** Panes whose count differs from the stored rows of their window and service. */
const panesAgainstRows = read<{ readonly wrong: string }>({
  operation: "compare panes with rows",
  sql: `SELECT count() AS wrong FROM (SELECT window_start, key['service'] AS service, count FROM panes FINAL WHERE metric = 'all') AS p
    LEFT JOIN (SELECT toStartOfSecond(timestamp) AS second, service, count() AS n FROM logs GROUP BY second, service) AS l
    ON toDateTime64(p.window_start, 9) = l.second AND p.service = l.service WHERE p.count != l.n`
})

/** A processor in a process of its own; killed without warning at the end of the scope. */
const startChild = (config: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), config], {
        stdio: ["ignore", "ignore", "inherit"]
      })
    ),
    (child: ChildProcess) =>
      Effect.promise(async () => {
        if (child.exitCode !== null) return
        const gone = new Promise((resolve) => child.once("exit", resolve))
        child.kill("SIGKILL")
        await gone
      })
  )
