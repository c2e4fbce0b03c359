// Supervisor tests of making room: new parts in the same life, or the end of a life for another process.
import { assert, describe, it } from "@effect/vitest"
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { part, services } from "./supervisor.harness.ts"
import { type Part, supervise } from "./supervisor.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | Health | Metrics>) =>
  effect.pipe(Effect.scoped, Effect.provide(services))

describe("Supervisor making room", () => {
  it.effect("renews its parts in one life: drained, what has to be done in between, made anew", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const make = Effect.sync(() => ["source", "sink"].map((name) => part(name, log)))
        const between = Effect.sync(() => void log.push("between"))
        const pipeline = yield* supervise({ name: "p0", make, between })
        yield* TestClock.adjust(1)
        log.length = 0
        yield* pipeline.renew
        assert.deepStrictEqual(log.splice(0), [
          "drain source",
          "drain sink",
          "stop source",
          "stop sink",
          "between",
          "start sink",
          "start source"
        ])
        assert.deepInclude(pipeline.state(), { status: "running", restarts: 0 })
        yield* pipeline.drain
        yield* pipeline.renew
        assert.strictEqual(pipeline.state().status, "stopped")
      })
    )
  )

  it.effect("steps aside: drained, out of its life and in line again, which is no restart", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const make = Effect.sync(() => ["source", "sink"].map((name) => part(name, log)))
        let free = yield* Deferred.make<void>()
        const enter = (standby: () => void) =>
          Effect.acquireRelease(
            Effect.gen(function* () {
              log.push("enter")
              standby()
              yield* Deferred.await(free)
              return { name: "owner", done: Effect.never, drain: Effect.void }
            }),
            () => Effect.sync(() => log.push("leave"))
          )
        const pipeline = yield* supervise({ name: "p0", enter, make, between: Effect.die("nothing is in between") })
        yield* pipeline.stepAside
        yield* TestClock.adjust(1)
        assert.strictEqual(pipeline.state().status, "standby")
        yield* Deferred.succeed(free, undefined)
        yield* TestClock.adjust(1)
        assert.strictEqual(pipeline.state().status, "running")
        log.length = 0
        free = yield* Deferred.make<void>()
        yield* pipeline.stepAside
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(log.splice(0), [
          "drain source",
          "drain sink",
          "stop source",
          "stop sink",
          "leave",
          "enter"
        ])
        assert.deepInclude(pipeline.state(), { status: "standby", restarts: 0, failure: "" })
        yield* Deferred.succeed(free, undefined)
        yield* TestClock.adjust(1)
        assert.deepInclude(pipeline.state(), { status: "running", restarts: 0 })
      })
    )
  )

  it.effect("does nothing in between when parts could not finish in time", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const slow: Part<string, never> = {
          name: "sink",
          start: Effect.sync(() => {
            const drain = log.length === 1 ? Effect.never : Effect.void
            return { name: "sink", done: Effect.never, drain }
          })
        }
        const between = Effect.sync(() => void log.push("between"))
        const make = Effect.sync(() => {
          log.push("make")
          return [slow]
        })
        const pipeline = yield* supervise({ name: "p0", make, between, drainMillis: 1_000 })
        yield* TestClock.adjust(1)
        const renewed = yield* Effect.forkChild(pipeline.renew)
        yield* TestClock.adjust(1_000)
        yield* Fiber.join(renewed)
        assert.deepStrictEqual(log, ["make", "make"])
      })
    )
  )
})
