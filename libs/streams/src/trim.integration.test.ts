// Trim against a real nats-server: room is made only from what every durable acknowledged, positions of hops stay.
import { assert, describe, it } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { connectedBroker } from "./broker.harness.ts"
import { openConsumer } from "./consumer.ts"
import { trimStreams } from "./trim.ts"

const setUp = Effect.fnUntraced(function* (stream: string) {
  const { context, publisher, manager } = yield* connectedBroker()
  yield* Effect.promise(() =>
    manager.streams.add({ name: stream, subjects: ["s.*"], max_msgs: 100, discard: "new", retention: "limits" })
  )
  const publish = (subject: string, count: number) =>
    Effect.forEach(Array.from({ length: count }), () => publisher.publish(subject, new Uint8Array(1)))
  /** Consumes one subject up to a stream sequence and acknowledges it; the durable stays behind. */
  const consume = (subject: string, through: number) =>
    Effect.scoped(
      Effect.gen(function* () {
        const durable = subject.replace(".", "-")
        const options = { stream, durable, filterSubject: subject, maxAckPending: 1000 }
        const consumer = yield* openConsumer(options).pipe(Effect.provide(context))
        let last = 0
        while (last < through) last = (yield* consumer.take).sequence
        yield* consumer.ackThrough(through)
        yield* waitUntil(
          Effect.promise(() => manager.consumers.info(stream, durable)),
          (info) => info.ack_floor.stream_seq >= through
        )
      })
    )
  const trim = trimStreams({ streams: [stream] }).pipe(Effect.provide(context))
  const state = Effect.promise(async () => (await manager.streams.info(stream)).state)
  return { manager, publisher, publish, consume, trim, state }
})

describe("trim", () => {
  it.live("removes nothing while there is room or nothing is acknowledged", () =>
    Effect.gen(function* () {
      const { publish, consume, trim, state } = yield* setUp("raw")
      yield* publish("s.0", 60)
      yield* consume("s.0", 60)
      yield* trim
      assert.strictEqual((yield* state).messages, 60)
      yield* publish("s.1", 30)
      yield* consume("s.1", 61)
      yield* publish("s.0", 5)
      // Durable of s.1 holds at 61, so the messages up to there may go, and half of the limit stays for replay.
      yield* trim
      assert.deepInclude(yield* state, { first_seq: 46, messages: 50 })
      yield* consume("s.0", 95)
      yield* publish("s.1", 50)
      yield* trim
      assert.deepInclude(yield* state, { first_seq: 62 })
      yield* trim
      assert.deepInclude(yield* state, { first_seq: 62, last_seq: 145 })
    }).pipe(Effect.scoped)
  )

  it.live("lets a full stream accept again once its messages were acknowledged", () =>
    Effect.gen(function* () {
      const { publish, publisher, consume, trim } = yield* setUp("raw")
      yield* publish("s.0", 100)
      assert.strictEqual((yield* Effect.flip(publisher.publish("s.0", new Uint8Array(1)))).reason, "full")
      yield* trim
      assert.strictEqual((yield* Effect.flip(publisher.publish("s.0", new Uint8Array(1)))).reason, "full")
      yield* consume("s.0", 100)
      yield* trim
      assert.strictEqual((yield* publisher.publish("s.0", new Uint8Array(1))).sequence, 101)
    }).pipe(Effect.scoped)
  )

  it.live("leaves a stream without durables alone", () =>
    Effect.gen(function* () {
      const { publish, trim, state } = yield* setUp("raw")
      yield* publish("s.0", 90)
      yield* trim
      assert.strictEqual((yield* state).messages, 90)
    }).pipe(Effect.scoped)
  )

  it.live("keeps the last message of every subject of a stage stream", () =>
    Effect.gen(function* () {
      const { manager, publish, consume, trim, state } = yield* setUp("parsed")
      yield* publish("s.0", 1)
      yield* publish("s.1", 90)
      yield* consume("s.0", 1)
      yield* consume("s.1", 91)
      yield* trim
      assert.deepInclude(yield* state, { first_seq: 1, messages: 50 })
      const quiet = yield* Effect.promise(() => manager.streams.getMessage("parsed", { last_by_subj: "s.0" }))
      assert.strictEqual(quiet?.seq, 1)
    }).pipe(Effect.scoped)
  )
})
