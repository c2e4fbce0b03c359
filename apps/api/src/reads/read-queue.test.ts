// Tests of the read queue: turns go around, waiting is bounded, whoever leaves frees its place.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { type Caller, ReadQueue } from "./read-queue.ts"

const callerOf = (address: string): Caller => ({ address, connection: {} })

/** Reads that end when they are told to, and the names of those that began, in order. */
const bench = (queue: ReadQueue) => {
  const begun: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void>>()
  const start = (name: string, caller: Caller) =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void>()
      ends.set(name, end)
      const read = Effect.andThen(
        Effect.sync(() => begun.push(name)),
        Deferred.await(end)
      )
      const fiber = yield* Effect.forkChild(queue.run(caller, read))
      yield* Effect.yieldNow
      return fiber
    })
  const end = (name: string) =>
    Effect.gen(function* () {
      yield* Deferred.succeed(ends.get(name) as Deferred.Deferred<void>, undefined)
      for (let i = 0; i < 5; i++) yield* Effect.yieldNow
    })
  return { begun, start, end }
}

describe("the read queue", () => {
  it.effect("gives the next turn to the caller with fewest, however many another one has waiting", () =>
    Effect.gen(function* () {
      const { begun, end, start } = bench(new ReadQueue({ running: 4, each: 3, waiting: 100 }))
      const greedy = callerOf("a")
      for (let i = 0; i < 30; i++) yield* start(`greedy ${i}`, greedy)
      assert.deepStrictEqual(begun, ["greedy 0", "greedy 1", "greedy 2"])
      yield* start("other", callerOf("a"))
      assert.strictEqual(begun.at(-1), "other")
      yield* start("third", callerOf("a"))
      yield* end("greedy 0")
      assert.strictEqual(begun.at(-1), "third")
      yield* end("third")
      assert.strictEqual(begun.at(-1), "greedy 3")
    })
  )

  it.effect("goes around addresses first, however many connections one of them has", () =>
    Effect.gen(function* () {
      const { begun, end, start } = bench(new ReadQueue({ running: 2, each: 2, waiting: 100 }))
      for (let i = 0; i < 20; i++) yield* start(`many ${i}`, callerOf("many"))
      yield* start("one", callerOf("one"))
      yield* end("many 0")
      assert.deepStrictEqual(begun, ["many 0", "many 1", "one"])
    })
  )

  it.effect("bounds what one connection has waiting, with the code LIMIT", () =>
    Effect.gen(function* () {
      const queue = new ReadQueue({ running: 1, each: 1, waiting: 2 })
      const { start } = bench(queue)
      const greedy = callerOf("a")
      for (let i = 0; i < 3; i++) yield* start(`read ${i}`, greedy)
      const exit = yield* Effect.exit(queue.run(greedy, Effect.void))
      assert.include(JSON.stringify(exit), "2 reads of this connection wait already")
      assert.strictEqual(queue.waiting, 2)
    })
  )

  it.effect("forgets whoever leaves, waiting or running", () =>
    Effect.gen(function* () {
      const queue = new ReadQueue({ running: 1, each: 1, waiting: 9 })
      const { begun, start } = bench(queue)
      const first = yield* start("first", callerOf("a"))
      const second = yield* start("second", callerOf("b"))
      yield* start("third", callerOf("c"))
      yield* Fiber.interrupt(second)
      assert.strictEqual(queue.waiting, 1)
      yield* Fiber.interrupt(first)
      for (let i = 0; i < 5; i++) yield* Effect.yieldNow
      assert.deepStrictEqual(begun, ["first", "third"])
      assert.strictEqual(queue.running, 1)
    })
  )
})
