// Actor: one item at a time, observable, drained in order, failing loudly.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { startActor } from "./actor.ts"
import { Mailbox } from "./mailbox.ts"

describe("Actor", () => {
  it.effect("works on one item at a time and shows what it does", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<number>({ capacityBytes: 100 })
      const gate = yield* Deferred.make<void>()
      let atWork = 0
      let most = 0
      const actor = yield* startActor({
        name: "parse",
        mailbox,
        receive: () =>
          Effect.sync(() => {
            most = Math.max(most, ++atWork)
          }).pipe(
            Effect.andThen(Effect.sleep(10)),
            Effect.andThen(Deferred.await(gate)),
            Effect.andThen(Effect.sync(() => atWork--))
          )
      })
      yield* mailbox.offer(1, 10)
      yield* mailbox.offer(2, 10)
      yield* TestClock.adjust(50)
      assert.deepStrictEqual(actor.state(), {
        name: "parse",
        processed: 0,
        busy: true,
        busyMillis: 50,
        mailbox: 1,
        mailboxBytes: 10
      })
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(10)
      assert.strictEqual(most, 1)
      assert.deepInclude(actor.state(), { processed: 2, busy: false, busyMillis: 60, mailbox: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("drains along the chain: each finishes its mailbox before it ends the next one", () =>
    Effect.gen(function* () {
      const first = new Mailbox<number>({ capacityBytes: 100 })
      const second = new Mailbox<number>({ capacityBytes: 100 })
      const stored: Array<number> = []
      const sink = yield* startActor({
        name: "sink",
        mailbox: second,
        receive: (n: number) => Effect.sync(() => stored.push(n)),
        finish: Effect.sync(() => stored.push(-1))
      })
      const parse = yield* startActor({
        name: "parse",
        mailbox: first,
        receive: (n: number) => second.offer(n * 10, 1),
        finish: Effect.sync(() => second.end())
      })
      for (const n of [1, 2, 3]) yield* first.offer(n, 1)
      yield* parse.drain
      yield* sink.drain
      assert.deepStrictEqual(stored, [10, 20, 30, -1])
    }).pipe(Effect.scoped)
  )

  it.effect("fails with its stage's error and takes nothing more", () =>
    Effect.gen(function* () {
      const mailbox = new Mailbox<number>({ capacityBytes: 100 })
      const actor = yield* startActor({ name: "parse", mailbox, receive: () => Effect.fail("poison") })
      yield* mailbox.offer(1, 1)
      yield* mailbox.offer(2, 1)
      assert.strictEqual(yield* Effect.flip(actor.done), "poison")
      assert.strictEqual(mailbox.count, 1)
    }).pipe(Effect.scoped)
  )
})
