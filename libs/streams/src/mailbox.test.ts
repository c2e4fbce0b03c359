// Mailbox: order, bounds by bytes and count, waiting on both sides, draining and failing.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Mailbox } from "./mailbox.ts"

const running = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.pollUnsafe() === undefined

describe("Mailbox", () => {
  it.effect("hands items on in the order they came, also across growth", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<number>({ capacityBytes: 1e9 })
      const taken: Array<number> = []
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 300; i++) mailbox.putUnsafe(round * 300 + i, 1)
        for (let i = 0; i < 250; i++) taken.push(yield* mailbox.take)
      }
      taken.push(...(yield* mailbox.takeAll))
      assert.deepStrictEqual(
        taken,
        Array.from({ length: 1500 }, (_, i) => i)
      )
      assert.strictEqual(mailbox.bytes, 0)
    })
  )

  it.effect("makes an offer wait while its bytes do not fit and lets it in when there is room", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>({ capacityBytes: 10 })
      yield* mailbox.offer("a", 6)
      const waiting = yield* Effect.forkChild(mailbox.offer("b", 6), { startImmediately: true })
      assert.isTrue(running(waiting))
      assert.strictEqual(mailbox.bytes, 6)
      assert.strictEqual(yield* mailbox.take, "a")
      assert.isTrue(yield* Fiber.join(waiting))
      assert.strictEqual(mailbox.bytes, 6)
      assert.strictEqual(yield* mailbox.take, "b")
    })
  )

  it.effect("bounds the count as well and keeps the order of waiting offers", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<number>({ capacityBytes: 100, capacityCount: 1 })
      yield* mailbox.offer(1, 1)
      const second = yield* Effect.forkChild(mailbox.offer(2, 1), { startImmediately: true })
      const third = yield* Effect.forkChild(mailbox.offer(3, 1), { startImmediately: true })
      assert.deepStrictEqual([yield* mailbox.take, yield* mailbox.take, yield* mailbox.take], [1, 2, 3])
      yield* Fiber.join(second)
      yield* Fiber.join(third)
    })
  )

  it.effect("holds one item larger than its capacity when it is empty", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>({ capacityBytes: 10 })
      assert.isTrue(yield* mailbox.offer("large", 1000))
      assert.strictEqual(yield* mailbox.take, "large")
    })
  )

  it.effect("forgets an offer that was interrupted while it waited", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>({ capacityBytes: 1 })
      yield* mailbox.offer("a", 1)
      const waiting = yield* Effect.forkChild(mailbox.offer("b", 1), { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      mailbox.end()
      assert.deepStrictEqual(yield* mailbox.takeAll, ["a"])
    })
  )

  it.effect("wakes a waiting taker", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string>({ capacityBytes: 10 })
      const taker = yield* Effect.forkChild(mailbox.takeAll, { startImmediately: true })
      assert.isTrue(running(taker))
      mailbox.putUnsafe("a", 1)
      assert.deepStrictEqual(yield* Fiber.join(taker), ["a"])
    })
  )

  it.effect(
    "drains after its end, waiting offers included, then takes fail with MailboxClosed and offers say false",
    () =>
      Effect.gen(function* () {
        const mailbox = new Mailbox<string>({ capacityBytes: 1 })
        yield* mailbox.offer("a", 1)
        const waiting = yield* Effect.forkChild(mailbox.offer("b", 1), { startImmediately: true })
        mailbox.end()
        assert.isTrue(yield* Fiber.join(waiting))
        assert.isFalse(yield* mailbox.offer("c", 1))
        assert.deepStrictEqual(yield* mailbox.takeAll, ["a", "b"])
        assert.strictEqual((yield* Effect.flip(mailbox.take))._tag, "MailboxClosed")
      })
  )

  it.effect("gives its failure to whoever takes, at once", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<string, "lost">({ capacityBytes: 10 })
      mailbox.putUnsafe("a", 1)
      mailbox.fail("lost")
      assert.strictEqual(yield* Effect.flip(mailbox.take), "lost")
      assert.strictEqual(mailbox.bytes, 0)
    })
  )

  it.effect("calls for more when room was made", () =>
    Effect.gen(function* () {
      let rooms = 0
      const mailbox = new Mailbox<string>({ capacityBytes: 10, onRoom: () => rooms++ })
      mailbox.putUnsafe("a", 1)
      assert.strictEqual(rooms, 0)
      yield* mailbox.take
      assert.strictEqual(rooms, 1)
    })
  )
})
