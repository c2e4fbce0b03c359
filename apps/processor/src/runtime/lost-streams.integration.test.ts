// Streams, buckets and consumers deleted, emptied or changed under a running pipeline: made what they were, and records go on.
import { assert, describe, it } from "@effect/vitest"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { keepStreams } from "@tailrace/streams/keep-streams"
import { Nats } from "@tailrace/streams/nats"
import { Health } from "@tailrace/telemetry/health"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Schedule } from "effect"
import { countEverything, maxBytes, pipelineFile, publishNumbered, startWorld } from "../partition/placement.harness.ts"
import { watchStandstill } from "../upkeep/standstill.ts"
import { PartitionRuntime } from "./partition-runtime.ts"

const pipeline = `
name: lost
parse: { codec: json }
metrics: [{ type: count, name: all, size: 10s, lateness: 0s }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const start = Date.UTC(2026, 2, 1, 12)

type Attack = (manager: JetStreamManager) => Promise<unknown>

const attacks: ReadonlyArray<readonly [string, Attack]> = [
  [
    "the filter of a consumer changed",
    ({ consumers }) =>
      consumers.update("raw", "pipeline-0", { filter_subject: "logs.raw.9.>", filter_subjects: undefined } as never)
  ],
  [
    "raw told to keep one message, and to put none to a partition",
    ({ streams }) => streams.update("raw", { max_msgs: 1, discard: "old", subject_transform: undefined } as never)
  ],
  ["raw purged", ({ streams }) => streams.purge("raw")],
  ["announcements purged", ({ streams }) => streams.purge("owners")],
  [
    "announcements and findings deleted",
    async ({ streams }) => {
      await streams.delete("owners")
      await streams.delete("panes")
    }
  ],
  ["snapshots purged", ({ streams }) => streams.purge("KV_state")],
  ["snapshots deleted", ({ streams }) => streams.delete("KV_state")],
  [
    "consumers deleted",
    async ({ consumers }) => {
      await consumers.delete("raw", "pipeline-0")
      await consumers.delete("owners", "owner-0")
    }
  ],
  ["raw deleted", ({ streams }) => streams.delete("raw")]
]

describe("what a pipeline reads, taken away while it runs", { retry: 0 }, () => {
  it.live("is made what it was, and each record that is acknowledged afterwards is stored once", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const { control } = yield* Effect.provide(Nats, world.context)
      const manager = yield* Effect.promise(() => jetstreamManager(control))
      yield* Effect.forkScoped(
        Effect.provide(keepStreams({ partitions: 1, maxBytes, everyMillis: 200 }), world.context)
      )
      yield* world.startProcessor({ placement: "fused", pipeline: yield* pipelineFile(pipeline) })
      let sent = 0
      const more = Effect.suspend(() => {
        sent += 20
        return publishNumbered({ from: sent - 20, to: sent, perFrame: 10, start, stepMillis: 1 })
      })
      const allStored = waitUntil(countEverything, (now) => now.rows >= sent && now.received >= sent)
      const idle = waitUntil(
        Effect.promise(() => manager.consumers.info("raw", "pipeline-0").catch(() => undefined)),
        (info) => info !== undefined && info.num_pending + info.num_ack_pending === 0
      )
      const whole = waitUntil(
        Effect.promise(() => manager.streams.info("raw").catch(() => undefined)),
        (info) => info?.config.subject_transform !== undefined && info.config.max_msgs === -1
      )
      const stuck: Array<string> = []
      for (const [name, attack] of attacks) {
        yield* Effect.provide(Effect.andThen(more, allStored), world.context)
        yield* idle
        // The broker may still be busy with what was done to it before.
        yield* Effect.tryPromise(() => attack(manager)).pipe(
          Effect.retry({ schedule: Schedule.spaced(200), times: 25 })
        )
        yield* whole
        const outcome = yield* Effect.exit(
          Effect.timeout(Effect.provide(Effect.andThen(more, allStored), world.context), "40 seconds")
        )
        if (outcome._tag === "Failure") stuck.push(name)
        if (stuck.length > 0) break
      }
      assert.deepStrictEqual(stuck, [])
      const counts = yield* Effect.provide(countEverything, world.context)
      assert.deepInclude(counts, { rows: sent, numbers: sent, rollup: sent, received: sent, stored: sent })
    }).pipe(Effect.scoped)
  )

  it.live("is told where nobody commits what waits, and no more once somebody does", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const runtime = new PartitionRuntime(0)
      yield* Effect.forkScoped(
        Effect.provide(
          watchStandstill({ partitions: [runtime], placement: "fused", snapshotEvery: 0, mostMillis: 1_000 }),
          world.context
        )
      )
      const health = yield* Effect.provide(Health, world.context)
      const seen = Effect.sync(() => health.report())
      assert.isTrue((yield* seen).ready)
      yield* Effect.provide(publishNumbered({ from: 0, to: 20, perFrame: 10, start, stepMillis: 1 }), world.context)
      const { components } = yield* waitUntil(seen, ({ ready }) => !ready)
      const told = components.find(({ state }) => state !== "ready")
      assert.strictEqual(told?.component, "partition.0")
      assert.match(told?.reason ?? "", /^partition 0: 2 messages wait in stream raw .* for \d+ s/)
      yield* world.startProcessor({ placement: "fused", pipeline: yield* pipelineFile(pipeline) })
      yield* waitUntil(seen, ({ ready }) => ready)
    }).pipe(Effect.scoped)
  )
})
