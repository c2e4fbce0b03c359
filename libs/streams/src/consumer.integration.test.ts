// Consumer against a real nats-server: order, settlement, resets, back-pressure, and brokers and durables that vanish.
import { assert, describe, it } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Option } from "effect"
import { connectedBroker } from "./broker.harness.ts"
import { type Consumer, openConsumer } from "./consumer.ts"

const durable = { stream: "S", durable: "d", filterSubject: "s.a", maxAckPending: 10_000 }

const setUp = Effect.fnUntraced(function* () {
  const { server, context, control, publisher, manager } = yield* connectedBroker()
  yield* Effect.promise(() => manager.streams.add({ name: "S", subjects: ["s.>"] }))
  const publish = (count: number, subject = "s.a", size = 10) =>
    Effect.forEach(Array.from({ length: count }), () => publisher.publish(subject, new Uint8Array(size)), {
      concurrency: 64
    })
  const open = (options: Partial<Parameters<typeof openConsumer>[0]> = {}) =>
    openConsumer({ ...durable, ...options }).pipe(Effect.provide(context))
  const floor = Effect.promise(async () => (await manager.consumers.info("S", "d")).ack_floor.stream_seq)
  return { server, control, manager, publish, open, floor }
})

/** Takes until `count` sequences have come. */
const takeSequences = Effect.fnUntraced(function* (consumer: Consumer, count: number) {
  const sequences: Array<number> = []
  while (sequences.length < count) for (const one of yield* consumer.takeAll) sequences.push(one.sequence)
  return sequences
})

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe("Consumer", () => {
  it.live("delivers in order with headers, subject and the broker's time, and settles up to a sequence", () =>
    Effect.gen(function* () {
      const { publish, open, floor } = yield* setUp()
      yield* publish(50)
      const consumer = yield* open()
      const first = yield* consumer.take
      assert.strictEqual(first.subject, "s.a")
      assert.strictEqual(first.data.length, 10)
      assert.isTrue(Buffer.isBuffer(first.data))
      assert.isAbove(first.headers.get("Nats-Msg-Id").length, 0)
      assert.strictEqual(first.headers.get("absent"), "")
      assert.isBelow(Math.abs(Date.now() - first.receivedMillis), 60_000)
      assert.deepStrictEqual(yield* takeSequences(consumer, 49), range(2, 50))
      yield* consumer.ackThrough(30)
      yield* waitUntil(floor, (sequence) => sequence === 30)
      assert.deepInclude(consumer.state(), { delivered: 50, settled: 30, pending: 0 })
    }).pipe(Effect.scoped)
  )

  it.live("starts again after what was settled, or at the sequence asked for where that is later", () =>
    Effect.gen(function* () {
      const { publish, open, floor } = yield* setUp()
      yield* publish(20)
      const start = (options: Parameters<typeof open>[0]) =>
        Effect.scoped(Effect.flatMap(open(options), (consumer) => Effect.map(consumer.take, (one) => one.sequence)))
      assert.strictEqual(yield* start({ startSequence: 3 }), 3)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const consumer = yield* open()
          assert.deepStrictEqual(yield* takeSequences(consumer, 18), range(3, 20))
          yield* consumer.ackThrough(9)
          yield* waitUntil(floor, (sequence) => sequence === 9)
        })
      )
      assert.strictEqual(yield* start({}), 10)
      assert.strictEqual(yield* start({ startSequence: 5 }), 10)
      assert.strictEqual(yield* start({ startSequence: 15 }), 15)
      assert.strictEqual(yield* start({ startSequence: 2, replay: true }), 2)
    }).pipe(Effect.scoped)
  )

  it.live("refuses to start past the end of the stream, where the broker would wait in silence", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      yield* publish(5)
      assert.strictEqual((yield* Effect.flip(open({ startSequence: 7 }))).reason, "ahead")
      const consumer = yield* open({ startSequence: 6 })
      yield* publish(1)
      assert.strictEqual((yield* consumer.take).sequence, 6)
    }).pipe(Effect.scoped)
  )

  it.live("names a missing stream and an incompatible durable", () =>
    Effect.gen(function* () {
      const { manager, open } = yield* setUp()
      assert.strictEqual((yield* Effect.flip(open({ stream: "nowhere" }))).reason, "no-stream")
      yield* Effect.promise(() => manager.consumers.add("S", { durable_name: "d", ack_policy: "explicit" }))
      assert.strictEqual((yield* Effect.flip(open())).reason, "incompatible")
    }).pipe(Effect.scoped)
  )

  it.live("holds no more bytes than its capacity until they are taken", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      yield* publish(200, "s.a", 1000)
      const consumer = yield* open({ capacityBytes: 20_000 })
      yield* waitUntil(Effect.sync(consumer.state), (state) => state.mailbox >= 15)
      assert.isAtMost(consumer.state().mailbox, 20)
      assert.deepStrictEqual(yield* takeSequences(consumer, 200), range(1, 200))
    }).pipe(Effect.scoped)
  )

  it.live("delivers a message larger than the room that is left once the rest was taken", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      yield* publish(8, "s.a", 1000)
      yield* publish(1, "s.a", 18_000)
      yield* publish(1, "s.a", 1000)
      const consumer = yield* open({ capacityBytes: 20_000 })
      assert.deepStrictEqual(yield* takeSequences(consumer, 10), range(1, 10))
    }).pipe(Effect.scoped)
  )

  it.live("goes on without loss or doubling when the broker is killed and started again", () =>
    Effect.gen(function* () {
      const { server, publish, open, floor } = yield* setUp()
      yield* publish(300)
      const consumer = yield* open()
      const before = yield* takeSequences(consumer, 300)
      yield* consumer.ackThrough(100)
      yield* waitUntil(floor, (sequence) => sequence === 100)
      yield* Effect.promise(() => server.kill())
      yield* consumer.ackThrough(200)
      yield* Effect.promise(() => server.start())
      yield* publish(100)
      const after = yield* takeSequences(consumer, 100)
      assert.deepStrictEqual([...before, ...after], range(1, 400))
      yield* consumer.ackThrough(400)
      yield* waitUntil(floor, (sequence) => sequence === 400)
    }).pipe(Effect.scoped)
  )

  it.live("skips what the broker redelivers and still settles in order", () =>
    Effect.gen(function* () {
      const { publish, open, floor, manager } = yield* setUp()
      yield* publish(5)
      const consumer = yield* open({ ackWaitMillis: 300 })
      assert.deepStrictEqual(yield* takeSequences(consumer, 5), range(1, 5))
      yield* waitUntil(
        Effect.promise(() => manager.consumers.info("S", "d")),
        (info) => info.delivered.consumer_seq >= 10
      )
      yield* publish(1)
      assert.deepStrictEqual(yield* takeSequences(consumer, 1), [6])
      yield* consumer.ackThrough(3)
      yield* waitUntil(floor, (sequence) => sequence === 3)
      yield* consumer.ackThrough(6)
      yield* waitUntil(floor, (sequence) => sequence === 6)
    }).pipe(Effect.scoped)
  )

  it.live("makes its durable again when somebody deletes it", () =>
    Effect.gen(function* () {
      const { publish, open, manager } = yield* setUp()
      yield* publish(5)
      const consumer = yield* open()
      assert.deepStrictEqual(yield* takeSequences(consumer, 5), range(1, 5))
      yield* consumer.ackThrough(3)
      yield* Effect.promise(() => manager.consumers.delete("S", "d"))
      yield* publish(2)
      assert.deepStrictEqual(yield* takeSequences(consumer, 2), [6, 7])
    }).pipe(Effect.scoped)
  )

  it.live("fails as contended when another process consumes the same durable", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      const first = yield* open()
      const second = yield* open()
      const feed = yield* Effect.forkChild(Effect.forever(publish(10)))
      const drain = (consumer: Consumer) => Effect.forever(consumer.takeAll)
      const failure = yield* Effect.flip(Effect.raceFirst(drain(first), drain(second)))
      assert.propertyVal(failure, "reason", "contended")
      assert.isUndefined(feed.pollUnsafe())
    }).pipe(Effect.scoped)
  )

  it.live("drains: what was delivered can be taken, then the mailbox is closed", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      yield* publish(5)
      const consumer = yield* open()
      yield* waitUntil(Effect.sync(consumer.state), (state) => state.mailbox === 5)
      yield* consumer.drain
      assert.deepStrictEqual(yield* takeSequences(consumer, 5), range(1, 5))
      assert.strictEqual((yield* Effect.flip(consumer.take))._tag, "MailboxClosed")
    }).pipe(Effect.scoped)
  )

  const pin = { group: "owner", timeoutMillis: 3_600_000 }

  it.live("gives a pinned durable to who came last, and ends the one before where it no longer owns", () =>
    Effect.gen(function* () {
      const { publish, open } = yield* setUp()
      const first = yield* open({ pin, owned: Effect.succeed(false) })
      yield* publish(5)
      assert.deepStrictEqual(yield* takeSequences(first, 5), range(1, 5))
      const second = yield* open({ pin, startSequence: 4 })
      assert.deepStrictEqual(yield* takeSequences(second, 2), [4, 5])
      assert.propertyVal(yield* Effect.flip(first.closed), "reason", "superseded")
      yield* publish(5)
      assert.deepStrictEqual(yield* takeSequences(second, 5), range(6, 10))
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(second.closed, 0)))
    }).pipe(Effect.scoped)
  )

  it.live("brings a durable without a pinned client up to date, at its floor", () =>
    Effect.gen(function* () {
      const { publish, open, manager } = yield* setUp()
      yield* publish(5)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const consumer = yield* open()
          yield* takeSequences(consumer, 5)
          yield* consumer.ackThrough(3)
          yield* waitUntil(
            Effect.promise(() => manager.consumers.info("S", "d")),
            (info) => info.ack_floor.stream_seq === 3
          )
        })
      )
      const consumer = yield* open({ pin })
      assert.deepStrictEqual(yield* takeSequences(consumer, 2), [4, 5])
      const { config } = yield* Effect.promise(() => manager.consumers.info("S", "d"))
      assert.deepInclude(config, { priority_policy: "pinned_client", priority_groups: ["owner"] })
    }).pipe(Effect.scoped)
  )

  it.live("makes a durable of another priority policy anew, at its floor", () =>
    Effect.gen(function* () {
      const { publish, open, manager } = yield* setUp()
      yield* publish(5)
      yield* Effect.promise(() =>
        manager.consumers.add("S", {
          durable_name: "d",
          ack_policy: "all",
          filter_subject: "s.a",
          max_ack_pending: 10_000,
          priority_groups: ["jobs"],
          priority_policy: "overflow"
        })
      )
      yield* Effect.promise(() => manager.consumers.reset("S", "d", 3))
      const consumer = yield* open({ pin })
      assert.deepStrictEqual(yield* takeSequences(consumer, 3), [3, 4, 5])
    }).pipe(Effect.scoped)
  )

  it.live("goes on when a late acknowledgement makes the broker ignore its own", () =>
    Effect.gen(function* () {
      const { publish, open, control } = yield* setUp()
      yield* publish(30)
      const consumer = yield* open({ maxAckPending: 10 })
      assert.deepStrictEqual(yield* takeSequences(consumer, 10), range(1, 10))
      // As from a life that had seen a thousand deliveries when it took the second message.
      control.publish("$JS.ACK.S.d.1.2.1000.1700000000000000000.0", "+ACK")
      yield* Effect.promise(() => control.flush())
      for (let through = 10; through <= 20; through += 10) {
        yield* consumer.ackThrough(through)
        assert.deepStrictEqual(yield* takeSequences(consumer, 10), range(through + 1, through + 10))
      }
    }).pipe(Effect.scoped)
  )
})
