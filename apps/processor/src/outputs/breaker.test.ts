// Tests of the breaker, and of writes that go through it, on a clock of the test's own.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Breaker } from "./breaker.ts"
import { SinkError } from "./sink-error.ts"
import { untilTaken } from "./until-taken.ts"

const policy = {
  retry: { first: 100, longest: 1_000 },
  breaker: { failures: 3, open: 1_000, longest: 4_000 }
}
const refused = (consequence: SinkError["consequence"]) => new SinkError({ consequence, message: `to ${consequence}` })

/** A breaker without jitter, and what it told. */
const makeBreaker = Effect.map(Clock.Clock, (clock) => {
  const told: Array<string | undefined> = []
  const now = () => clock.currentTimeMillisUnsafe()
  const changed = (reason: string | undefined) => void told.push(reason)
  return { told, breaker: new Breaker({ name: "s", policy, now, elapsed: now, random: () => 0.5, changed }) }
})

describe("a breaker", () => {
  it.effect("pauses ever longer, opens after some failures in a row and closes at the first success", () =>
    Effect.gen(function* () {
      const { breaker, told } = yield* makeBreaker
      const write = {}
      const pauses = [1, 2, 3].map(() => breaker.fail(write, refused("retry")))
      assert.deepStrictEqual(pauses, [100, 200, 1_000])
      assert.deepInclude(breaker.report(), { state: "open", failures: 3, reason: "to retry" })
      assert.deepStrictEqual(told, ["to retry"])
      yield* TestClock.adjust(1_000)
      assert.strictEqual(breaker.wait(write), 0)
      assert.strictEqual(breaker.report().state, "half-open")
      assert.deepStrictEqual(
        [1, 2, 3].map(() => breaker.fail(write, refused("retry"))),
        [2_000, 4_000, 4_000]
      )
      breaker.end(write)
      assert.deepInclude(breaker.report(), { state: "closed", failures: 0, reason: "" })
      assert.deepStrictEqual(told, ["to retry", undefined])
    })
  )

  it.effect("opens at once over what only a person can mend", () =>
    Effect.gen(function* () {
      const { breaker, told } = yield* makeBreaker
      assert.strictEqual(breaker.fail({}, refused("hold")), 1_000)
      assert.deepStrictEqual(told, ["to hold"])
    })
  )

  it.effect("lets one write try when the time is up, and the others after it succeeded", () =>
    Effect.gen(function* () {
      const { breaker } = yield* makeBreaker
      const [one, other] = [{}, {}]
      breaker.fail(one, refused("hold"))
      assert.strictEqual(breaker.wait(other), 1_000)
      yield* TestClock.adjust(1_000)
      assert.strictEqual(breaker.wait(other), 0)
      assert.isAbove(breaker.wait(one), 0)
      breaker.end(other)
      assert.strictEqual(breaker.wait(one), 0)
      breaker.end(one)
      assert.strictEqual(breaker.report().state, "closed")
    })
  )
})

describe("a write until stored", () => {
  it.effect("is repeated over failures of every kind, and leaves the breaker closed", () =>
    Effect.gen(function* () {
      const { breaker } = yield* makeBreaker
      const answers = ["retry", "hold", "reject", "dead-letter"] as const
      let tries = 0
      const attempt = Effect.suspend(() => {
        const answer = answers[tries++]
        return answer === undefined ? Effect.succeed("stored") : Effect.fail(refused(answer))
      })
      const fibre = yield* Effect.forkChild(untilTaken(attempt, breaker))
      yield* TestClock.adjust(50)
      assert.strictEqual(breaker.reason, "to retry")
      yield* TestClock.adjust(60_000)
      assert.strictEqual(yield* Fiber.join(fibre), "stored")
      assert.strictEqual(tries, 5)
      assert.isUndefined(breaker.reason)
    })
  )

  it.effect("hands on a refusal of the data where that is asked for, which is no failure of the store", () =>
    Effect.gen(function* () {
      const { breaker, told } = yield* makeBreaker
      const error = yield* Effect.flip(untilTaken(Effect.fail(refused("dead-letter")), breaker, "pass"))
      assert.strictEqual(error.consequence, "dead-letter")
      assert.deepStrictEqual(told, [])
    })
  )

  it.effect("says that it is held no longer when it is given up", () =>
    Effect.gen(function* () {
      const { breaker } = yield* makeBreaker
      const fibre = yield* Effect.forkChild(untilTaken(Effect.fail(refused("hold")), breaker))
      yield* TestClock.adjust(500)
      assert.strictEqual(breaker.reason, "to hold")
      yield* Fiber.interrupt(fibre)
      assert.isUndefined(breaker.reason)
    })
  )
})
