// Streams set-up against a real nats-server: creation, repetition, growth, refusals, and the raw stream's transform.
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { inputSubject, parseInputSubject } from "@tailrace/domain/subjects"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Layer } from "effect"
import { openConsumer } from "./consumer.ts"
import { durableOf } from "./definitions.ts"
import { ensureDurable } from "./durable.ts"
import { Nats } from "./nats.ts"
import { Publisher } from "./publisher.ts"
import { type StreamsSetupOptions, setUpStreams } from "./streams-setup.ts"

const small = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 1024 * 1024]
  )
)

const start = Effect.fnUntraced(function* (jetstream?: string) {
  const server = yield* natsServer(jetstream === undefined ? {} : { jetstream })
  const context = yield* Layer.build(
    Publisher.layer().pipe(
      Layer.provideMerge(Nats.layer({ servers: server.url, name: "test" })),
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  )
  const { control } = yield* Nats.pipe(Effect.provide(context))
  const manager = yield* Effect.promise(() => jetstreamManager(control))
  const setUp = (options: Partial<StreamsSetupOptions> = {}) =>
    setUpStreams({ partitions: 4, maxBytes: small, ...options }).pipe(Effect.provide(context))
  return { context, control, manager, setUp }
})

describe("streams set-up", () => {
  it.live("creates every stream, durable and bucket, and changes nothing when repeated", () =>
    Effect.gen(function* () {
      const { control, manager, setUp } = yield* start()
      const first = yield* setUp()
      assert.deepStrictEqual(
        first.map((one) => `${one.stream} ${one.change}`),
        ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners"].map(
          (name) => `${name} created`
        )
      )
      const again = yield* setUp()
      assert.isTrue(again.every((one) => one.change === "unchanged"))
      const raw = yield* Effect.promise(() => manager.streams.info("raw"))
      assert.strictEqual(raw.config.discard, "new")
      assert.strictEqual(raw.state.consumer_count, 4)
      const state = yield* Effect.promise(() => new Kvm(control).open("state"))
      const status = yield* Effect.promise(() => state.status())
      assert.strictEqual(status.history, 2)
    }).pipe(Effect.scoped)
  )

  it.live("spreads what anybody publishes over the partitions, each read by its own durable", () =>
    Effect.gen(function* () {
      const { context, control, setUp } = yield* start()
      yield* setUp()
      const publisher = yield* Publisher.pipe(Effect.provide(context))
      const sources = Array.from({ length: 40 }, (_, i) => `source-${i}`)
      for (const [i, source] of sources.entries()) {
        const subject = inputSubject("acme", source)
        if (i % 2 === 0) control.publish(subject, source)
        else yield* publisher.publish(subject, new TextEncoder().encode(source))
      }
      const seen: Array<string> = []
      yield* Effect.forEach(
        [0, 1, 2, 3],
        (partition) =>
          Effect.gen(function* () {
            const consumer = yield* openConsumer(durableOf("raw", partition)).pipe(Effect.provide(context))
            const pull = Effect.forever(
              Effect.map(consumer.take, (one) => {
                assert.strictEqual(one.subject.split(".")[2], String(partition))
                assert.strictEqual(parseInputSubject(one.subject)?.source, Buffer.from(one.data).toString())
                seen.push(Buffer.from(one.data).toString())
              })
            )
            yield* Effect.forkScoped(pull)
          }),
        { discard: true }
      )
      yield* waitUntil(
        Effect.sync(() => seen.length),
        (length) => length >= sources.length
      )
      assert.deepStrictEqual(seen.sort(), sources.sort())
    }).pipe(Effect.scoped)
  )

  it.live("lets partitions grow and refuses to shrink them", () =>
    Effect.gen(function* () {
      const { manager, setUp } = yield* start()
      yield* setUp({ partitions: 2 })
      const grown = yield* setUp({ partitions: 4 })
      assert.deepInclude(grown, { stream: "raw", change: "updated" })
      const raw = yield* Effect.promise(() => manager.streams.info("raw"))
      assert.include(raw.config.subject_transform?.dest ?? "", "partition(4,1,2)")
      const error = yield* Effect.flip(setUp({ partitions: 3 }))
      assert.strictEqual(error.reason, "incompatible")
      assert.include(error.message, "4 partitions")
    }).pipe(Effect.scoped)
  )

  it.live(
    "lets the first partition read what the transform leaves, also where an older release has set up the broker",
    () =>
      Effect.gen(function* () {
        const { context, control, manager, setUp } = yield* start()
        yield* setUp()
        const { alsoSubjects: _, ...older } = durableOf("raw", 0)
        yield* ensureDurable(manager, older)
        const before = yield* Effect.promise(() => manager.consumers.info("raw", "pipeline-0"))
        assert.strictEqual(before.config.filter_subject, "logs.raw.0.>")
        yield* setUp()
        const after = yield* Effect.promise(() => manager.consumers.info("raw", "pipeline-0"))
        assert.deepStrictEqual(after.config.filter_subjects, ["logs.raw.0.>", "logs.in.>"])
        assert.isUndefined(after.config.filter_subject)
        for (const subject of ["logs.in.default.*", "logs.in.>.app", "logs.in.*.*"])
          yield* Effect.promise(() => control.request(subject, "x"))
        const consumer = yield* openConsumer(durableOf("raw", 0)).pipe(Effect.provide(context))
        const taken = yield* Effect.replicateEffect(consumer.take, 3)
        assert.deepStrictEqual(
          taken.map(({ subject }) => subject),
          ["logs.in.default.*", "logs.in.>.app", "logs.in.*.*"]
        )
      }).pipe(Effect.scoped)
  )

  it.live("says what is wrong with a stream of the same name that cannot be changed", () =>
    Effect.gen(function* () {
      const { manager, setUp } = yield* start()
      yield* Effect.promise(() =>
        manager.streams.add({ name: "parsed", subjects: ["logs.parsed.*"], storage: "memory" })
      )
      const error = yield* Effect.flip(setUp())
      assert.strictEqual(error.reason, "incompatible")
      assert.include(error.message, "stream parsed")
    }).pipe(Effect.scoped)
  )

  it.live("says when the streams do not fit into the broker's storage", () =>
    Effect.gen(function* () {
      const { setUp } = yield* start("max_file: 3MB")
      const error = yield* Effect.flip(setUp())
      assert.strictEqual(error.reason, "no-space")
    }).pipe(Effect.scoped)
  )
})
