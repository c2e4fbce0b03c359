// Standing by under a supervisor: nothing is made before another process has let go, and everything ends when it takes over.
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Deferred, Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { supervise } from "./supervisor.ts"

const services = Layer.merge(Health.layer, Metrics.layerBare)

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | Health | Metrics>) =>
  effect.pipe(Effect.scoped, Effect.provide(services))

/** A part that notes its start and its end. */
const part = (name: string, log: Array<string>) => ({
  name,
  start: Effect.acquireRelease(
    Effect.sync(() => {
      log.push(`start ${name}`)
      return { name, done: Effect.never, drain: Effect.void }
    }),
    () => Effect.sync(() => log.push(`stop ${name}`))
  )
})

describe("Supervisor with an entrance", () => {
  it.effect(
    "makes nothing before it may enter, is ready while it stands by, and stands by again when what it entered is lost",
    () =>
      run(
        Effect.gen(function* () {
          const log: Array<string> = []
          const health = yield* Health
          const gates: Array<Deferred.Deferred<void>> = []
          const losses: Array<Deferred.Deferred<void, string>> = []
          const enter = Effect.fnUntraced(function* (standby: () => void) {
            const gate = Deferred.makeUnsafe<void>()
            const lost = Deferred.makeUnsafe<void, string>()
            gates.push(gate)
            losses.push(lost)
            standby()
            yield* Deferred.await(gate)
            return { name: "owner", done: Deferred.await(lost), drain: Effect.void }
          })
          const make = Effect.succeed([part("sink", log)])
          const pipeline = yield* supervise({ name: "p0", enter, make, firstPauseMillis: 100 })
          yield* TestClock.adjust(1)
          assert.strictEqual(pipeline.state().status, "standby")
          assert.isTrue(health.report().ready)
          assert.deepStrictEqual(log, [])
          yield* Deferred.succeed(gates[0] as Deferred.Deferred<void>, undefined)
          yield* TestClock.adjust(1)
          assert.strictEqual(pipeline.state().status, "running")
          yield* Deferred.fail(losses[0] as Deferred.Deferred<void, string>, "taken over")
          yield* TestClock.adjust(200)
          assert.deepInclude(pipeline.state(), { status: "standby", restarts: 1, failure: "taken over" })
          assert.deepStrictEqual(log, ["start sink", "stop sink"])
          yield* pipeline.drain
          assert.strictEqual(pipeline.state().status, "stopped")
        })
      )
  )

  it.effect("gives up what it is still making when what it entered is lost", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const losses: Array<Deferred.Deferred<void, string>> = []
        const enter = () =>
          Effect.sync(() => {
            const lost = Deferred.makeUnsafe<void, string>()
            losses.push(lost)
            return { name: "owner", done: Deferred.await(lost), drain: Effect.void }
          })
        const make = Effect.suspend(() => {
          log.push("make")
          return Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push("given up")))
        })
        const pipeline = yield* supervise({ name: "p0", enter, make, firstPauseMillis: 100 })
        yield* TestClock.adjust(1)
        yield* Deferred.fail(losses[0] as Deferred.Deferred<void, string>, "taken over")
        yield* TestClock.adjust(200)
        assert.deepStrictEqual(log, ["make", "given up", "make"])
        assert.deepInclude(pipeline.state(), { status: "starting", restarts: 1, failure: "taken over" })
      })
    )
  )
})
