// Publisher against a real nats-server: acknowledgements, duplicates, refusals, and a broker killed under way.
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber, Layer } from "effect"
import { Nats } from "./nats.ts"
import { Publisher, type PublisherOptions } from "./publisher.ts"

const setUp = Effect.fnUntraced(function* (options: PublisherOptions = {}) {
  const server = yield* natsServer()
  const layer = Publisher.layer(options).pipe(
    Layer.provideMerge(Nats.layer({ servers: server.url, name: "test" })),
    Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
  )
  const context = yield* Layer.build(layer)
  const nats = yield* Nats.pipe(Effect.provide(context))
  const publisher = yield* Publisher.pipe(Effect.provide(context))
  const health = yield* Health.pipe(Effect.provide(context))
  const manager = yield* Effect.promise(() => jetstreamManager(nats.control))
  return { server, nats, publisher, health, manager }
})

const bytes = (text: string) => new TextEncoder().encode(text)

describe("Publisher", () => {
  it.live("acknowledges with the stream's sequence and names duplicates", () =>
    Effect.gen(function* () {
      const { publisher, manager } = yield* setUp()
      yield* Effect.promise(() => manager.streams.add({ name: "S", subjects: ["s.>"] }))
      const first = yield* publisher.publish("s.a", bytes("one"), { id: "1", headers: { colour: "red" } })
      const again = yield* publisher.publish("s.a", bytes("one"), { id: "1" })
      const second = yield* publisher.publish("s.a", bytes("two"))
      assert.deepStrictEqual(first, { stream: "S", sequence: 1, duplicate: false })
      assert.deepStrictEqual(again, { stream: "S", sequence: 1, duplicate: true })
      assert.strictEqual(second.sequence, 2)
      const stored = yield* Effect.promise(() => manager.streams.getMessage("S", { seq: 1 }))
      assert.strictEqual(stored?.header.get("colour"), "red")
      assert.strictEqual(publisher.inFlightBytes, 0)
    }).pipe(Effect.scoped)
  )

  it.live("says full when the stream's limit is reached, and accepts again after room was made", () =>
    Effect.gen(function* () {
      const { publisher, manager } = yield* setUp()
      yield* Effect.promise(() =>
        manager.streams.add({ name: "S", subjects: ["s.>"], max_bytes: 4096, discard: "new" })
      )
      const fill = Effect.forever(publisher.publish("s.a", new Uint8Array(1000)))
      const error = yield* Effect.flip(fill)
      assert.strictEqual(error.reason, "full")
      yield* Effect.promise(() => manager.streams.purge("S"))
      const ack = yield* publisher.publish("s.a", new Uint8Array(1000))
      assert.isAbove(ack.sequence, 1)
    }).pipe(Effect.scoped)
  )

  it.live("refuses a writer that expects another last sequence of the subject", () =>
    Effect.gen(function* () {
      const { publisher, manager } = yield* setUp()
      yield* Effect.promise(() => manager.streams.add({ name: "S", subjects: ["s.>"] }))
      const first = yield* publisher.publish("s.a", bytes("1"), { expectLastSubjectSequence: 0 })
      yield* publisher.publish("s.b", bytes("other subject"))
      yield* publisher.publish("s.a", bytes("2"), { expectLastSubjectSequence: first.sequence })
      const error = yield* Effect.flip(
        publisher.publish("s.a", bytes("3"), { expectLastSubjectSequence: first.sequence })
      )
      assert.strictEqual(error.reason, "wrong-last-sequence")
      // The broker looks at the expectation before the id, so a repeat of a stored message is refused, not a duplicate.
      yield* publisher.publish("s.a", bytes("4"), { id: "x", expectLastSubjectSequence: 3 })
      const repeat = yield* Effect.flip(publisher.publish("s.a", bytes("4"), { id: "x", expectLastSubjectSequence: 3 }))
      assert.strictEqual(repeat.reason, "wrong-last-sequence")
    }).pipe(Effect.scoped)
  )

  it.live("says no-stream for a subject nobody stores and too-large above the broker's payload limit", () =>
    Effect.gen(function* () {
      const { publisher } = yield* setUp({ attemptTimeoutMillis: 200 })
      const nobody = yield* Effect.flip(publisher.publish("nobody.listens", bytes("x")))
      assert.strictEqual(nobody.reason, "no-stream")
      const large = yield* Effect.flip(publisher.publish("s.a", new Uint8Array(9 * 1024 * 1024)))
      assert.strictEqual(large.reason, "too-large")
    }).pipe(Effect.scoped)
  )

  it.live("says unavailable after the deadline while the broker is gone", () =>
    Effect.gen(function* () {
      const { server, publisher, health } = yield* setUp({ attemptTimeoutMillis: 100, deadlineMillis: 400 })
      yield* Effect.promise(() => server.kill())
      yield* waitUntil(Effect.sync(health.report), (report) => !report.ready)
      const error = yield* Effect.flip(publisher.publish("s.a", bytes("x")))
      assert.strictEqual(error.reason, "unavailable")
      assert.strictEqual(publisher.inFlightBytes, 0)
    }).pipe(Effect.scoped)
  )

  it.live("says unavailable after a message's own deadline, when that is sooner", () =>
    Effect.gen(function* () {
      const { server, publisher, health } = yield* setUp({ attemptTimeoutMillis: 100, deadlineMillis: 3_600_000 })
      yield* Effect.promise(() => server.kill())
      yield* waitUntil(Effect.sync(health.report), (report) => !report.ready)
      const error = yield* Effect.flip(publisher.publish("s.a", bytes("x"), { deadlineMillis: 200 }))
      assert.include(error.message, "within 200 ms")
    }).pipe(Effect.scoped)
  )

  it.live("stores every message exactly once when the broker is killed and started again under load", () =>
    Effect.gen(function* () {
      const { server, publisher, manager, health } = yield* setUp({ maxInFlightBytes: 4096 })
      yield* Effect.promise(() => manager.streams.add({ name: "S", subjects: ["s.>"] }))
      const sent = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 2000 }, (_, i) => i),
          (i) => publisher.publish("s.a", bytes(String(i)), { id: `m${i}` }),
          { concurrency: 64 }
        )
      )
      yield* waitUntil(
        Effect.promise(() => manager.streams.info("S")),
        (info) => info.state.messages > 200
      )
      yield* Effect.promise(() => server.kill())
      yield* waitUntil(Effect.sync(health.report), (report) => !report.ready)
      yield* Effect.promise(() => server.start())
      const acks = yield* Fiber.join(sent)
      const info = yield* Effect.promise(() => manager.streams.info("S"))
      assert.strictEqual(info.state.messages, 2000)
      assert.strictEqual(new Set(acks.map((ack) => ack.sequence)).size, 2000)
      assert.isTrue(health.report().ready)
    }).pipe(Effect.scoped)
  )
})
