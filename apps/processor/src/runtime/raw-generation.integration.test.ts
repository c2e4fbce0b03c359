// A raw stream that was lost, or that lost its end, with a real broker and store: what it takes in afterwards is stored once.
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { command } from "@tailrace/store/store"
import { setUpStreams } from "@tailrace/streams/streams-setup"
import { type NatsServer, natsServer } from "@tailrace/testing/nats-server"
import { startStore, type TestStore } from "@tailrace/testing/store"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import {
  type Counts,
  countEverything,
  countsOnce,
  joinWorld,
  pipelineFile,
  publishNumbered
} from "../partition/placement.harness.ts"

const start = Date.UTC(2026, 2, 1, 12)
const small = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 16_777_216]
  )
)
const pipeline = `
name: power
parse: { codec: json }
batch: { maxRows: 100, minLinger: 5ms, maxLinger: 20ms }
`

/** Ends the broker as a power failure does; `change` finds the folder as that left it. */
const failure = (broker: NatsServer, change: () => Promise<void>) =>
  Effect.promise(async () => {
    await broker.kill()
    await change()
    await broker.start()
  })

const put = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true })
}

/** One store for all. */
class Shared extends Context.Service<Shared, TestStore>()("@tailrace/processor/test/Shared") {
  static readonly layer = Layer.effect(Shared, startStore)
}

layer(Shared.layer, { excludeTestServices: true, timeout: "60 seconds" })("a raw stream", (it) => {
  const world = (placement: "fused" | "staged") =>
    Effect.gen(function* () {
      const store = yield* Shared
      const broker = yield* natsServer()
      const { context, startProcessor } = yield* joinWorld(broker, store)
      for (const table of ["logs", "logs_per_minute", "ledger"])
        yield* Effect.provide(command("empty", `TRUNCATE TABLE ${table}`), context)
      const file = yield* pipelineFile(pipeline)
      const publish = (from: number, to: number) =>
        Effect.provide(publishNumbered({ from, to, perFrame: 10, start, stepMillis: 180 }), context)
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-generation-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
      )
      let scope = yield* Scope.make()
      const begin = Effect.gen(function* () {
        scope = yield* Scope.make()
        yield* Scope.provide(startProcessor({ placement, pipeline: file }), scope)
      })
      const end = Effect.suspend(() => Scope.close(scope, Exit.void))
      yield* Effect.addFinalizer(() => end)
      const counts = (records: number) =>
        countsOnce(Effect.provide(countEverything, context), ({ received }) => received >= records)
      // The client has to notice first that the broker is there again.
      const setUp = Effect.provide(setUpStreams({ partitions: 1, maxBytes: small }), context).pipe(
        Effect.retry({ times: 20 })
      )
      return { begin, setUp, broker, counts, end, folder, publish }
    })
  const each = (records: number): Partial<Counts> => ({
    ...{ rows: records, numbers: records, rollup: records, received: records, stored: records }
  })
  const ways = [
    ["fused", 5],
    ["staged", 30]
  ] as const

  for (const [placement, more] of ways) {
    it.effect(`that was lost and made anew begins numbers of its own, ${more} messages later, ${placement}`, () =>
      Effect.gen(function* () {
        const { begin, broker, counts, end, publish, setUp } = yield* world(placement)
        yield* begin
        yield* publish(0, 200)
        yield* counts(200)
        yield* end
        yield* failure(broker, () => rm(broker.storeFolder, { recursive: true, force: true }))
        yield* setUp
        // As many messages as were stored, or more, before any pipeline looks.
        yield* publish(1_000, 1_000 + more * 10)
        yield* begin
        assert.deepInclude(yield* counts(200 + more * 10), each(200 + more * 10))
        yield* publish(2_000, 2_100)
        assert.deepInclude(yield* counts(300 + more * 10), each(300 + more * 10))
        // The next life knows from the rows alone, and the same may happen again.
        yield* end
        yield* publish(3_000, 3_100)
        yield* begin
        assert.deepInclude(yield* counts(400 + more * 10), each(400 + more * 10))
        yield* end
        yield* failure(broker, () => rm(broker.storeFolder, { recursive: true, force: true }))
        yield* setUp
        yield* publish(4_000, 4_100)
        yield* begin
        assert.deepInclude(yield* counts(500 + more * 10), each(500 + more * 10))
      }).pipe(Effect.scoped)
    )
  }

  it.effect.each([5, 30])("that lost its end counts what comes then in numbers of its own, %i messages later", (more) =>
    Effect.gen(function* () {
      const { begin, broker, counts, end, folder, publish } = yield* world("fused")
      yield* begin
      yield* publish(0, 100)
      yield* counts(100)
      yield* end
      yield* failure(broker, () => put(broker.storeFolder, folder))
      yield* begin
      yield* publish(100, 200)
      yield* counts(200)
      yield* end
      yield* failure(broker, () => put(folder, broker.storeFolder))
      yield* publish(1_000, 1_000 + more * 10)
      yield* begin
      assert.deepInclude(yield* counts(200 + more * 10), each(200 + more * 10))
    }).pipe(Effect.scoped)
  )

  it.effect("that loses its end under a running pipeline is noticed by it", () =>
    Effect.gen(function* () {
      const { begin, broker, counts, folder, publish } = yield* world("fused")
      yield* begin
      yield* publish(0, 100)
      yield* counts(100)
      yield* failure(broker, () => put(broker.storeFolder, folder))
      yield* publish(100, 200)
      yield* counts(200)
      yield* failure(broker, () => put(folder, broker.storeFolder))
      yield* publish(1_000, 1_300)
      assert.deepInclude(yield* counts(500), each(500))
    }).pipe(Effect.scoped)
  )
})
