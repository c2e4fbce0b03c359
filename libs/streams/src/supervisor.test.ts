// Supervisor: start order, one-for-all restarts with growing pauses, isolation, draining; on a virtual clock.
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Deferred, Effect, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { startActor } from "./actor.ts"
import { Mailbox } from "./mailbox.ts"
import { part, services } from "./supervisor.harness.ts"
import { type Part, supervise } from "./supervisor.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | Health | Metrics>) =>
  effect.pipe(Effect.scoped, Effect.provide(services))

describe("Supervisor", () => {
  it.effect("starts from the sink backwards and drains from the source on", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const make = Effect.succeed(["source", "parse", "sink"].map((name) => part(name, log)))
        const pipeline = yield* supervise({ name: "p0", make })
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(log.splice(0), ["start sink", "start parse", "start source"])
        assert.strictEqual(pipeline.state().status, "running")
        yield* pipeline.drain
        assert.deepStrictEqual(log.splice(0, 3), ["drain source", "drain parse", "drain sink"])
        assert.strictEqual(pipeline.state().status, "stopped")
      })
    )
  )

  it.effect("restarts all parts when one fails, with pauses that double up to the longest", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        let broken = yield* Deferred.make<void, string>()
        const make = Effect.sync(() => {
          broken = Deferred.makeUnsafe()
          return [part("source", log), part("sink", log, broken)]
        })
        const health = yield* Health
        const pipeline = yield* supervise({ name: "p0", make, firstPauseMillis: 100, longestPauseMillis: 400 })
        yield* TestClock.adjust(1)
        assert.isTrue(health.report().ready)
        for (const longest of [125, 250, 500, 500]) {
          log.length = 0
          yield* Deferred.fail(broken, "store lost")
          yield* TestClock.adjust(longest * 0.5)
          assert.deepStrictEqual([...log], ["stop source", "stop sink"])
          assert.deepInclude(pipeline.state(), { status: "restarting", failure: "store lost" })
          assert.isFalse(health.report().ready)
          yield* TestClock.adjust(longest * 0.5)
          assert.deepStrictEqual(log.slice(2), ["start sink", "start source"])
          assert.strictEqual(pipeline.state().status, "running")
        }
        assert.strictEqual(pipeline.state().restarts, 4)
      })
    )
  )

  it.effect("begins with a short pause again after a healthy life", () =>
    run(
      Effect.gen(function* () {
        let broken = yield* Deferred.make<void, string>()
        const make = Effect.sync(() => {
          broken = Deferred.makeUnsafe()
          return [part("sink", [], broken)]
        })
        const pipeline = yield* supervise({ name: "p0", make, firstPauseMillis: 100, longestPauseMillis: 1000 })
        yield* TestClock.adjust(1)
        for (let i = 0; i < 4; i++) {
          yield* Deferred.fail(broken, "x")
          yield* TestClock.adjust(1250)
        }
        yield* TestClock.adjust(3000)
        yield* Deferred.fail(broken, "x")
        yield* TestClock.adjust(125)
        assert.deepInclude(pipeline.state(), { status: "running", restarts: 5 })
      })
    )
  )

  it.effect("treats a failing start and a defect like any failure", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        let lives = 0
        const make = Effect.sync(() => {
          lives++
          if (lives === 1) throw new Error("defect")
          const source: Part<string, never> = { name: "source", start: Effect.fail("no stream") }
          return [lives === 2 ? source : part("source", log), part("sink", log)]
        })
        const pipeline = yield* supervise({ name: "p0", make })
        yield* TestClock.adjust(1)
        assert.strictEqual(pipeline.state().failure, "defect")
        yield* TestClock.adjust(125)
        assert.strictEqual(pipeline.state().failure, "no stream")
        assert.deepStrictEqual(log.splice(0), ["start sink", "stop sink"])
        yield* TestClock.adjust(250)
        assert.deepStrictEqual(log, ["start sink", "start source"])
        assert.strictEqual(pipeline.state().status, "running")
      })
    )
  )

  it.effect("leaves other pipelines alone", () =>
    run(
      Effect.gen(function* () {
        const log: Array<string> = []
        const broken = yield* Deferred.make<void, string>()
        const sick = yield* supervise({ name: "p0", make: Effect.succeed([part("sink", [], broken)]) })
        const sound = yield* supervise({ name: "p1", make: Effect.succeed([part("sink", log)]) })
        yield* TestClock.adjust(1)
        yield* Deferred.fail(broken, "x")
        yield* TestClock.adjust(60_000)
        assert.isAbove(sick.state().restarts, 3)
        assert.deepInclude(sound.state(), { status: "running", restarts: 0 })
        assert.deepStrictEqual(log, ["start sink"])
      })
    )
  )

  it.effect("lets the batch in hand and the mailboxes finish when its scope ends", () =>
    Effect.gen(function* () {
      const stored: Array<number> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const entry = new Mailbox<number>({ capacityBytes: 100 })
          const exit = new Mailbox<number>({ capacityBytes: 100 })
          const make = Effect.succeed<ReadonlyArray<Part<never, never>>>([
            {
              name: "parse",
              start: startActor({
                name: "parse",
                mailbox: entry,
                receive: (n: number) => Effect.andThen(Effect.yieldNow, exit.offer(n, 1))
              })
            },
            {
              name: "sink",
              start: startActor({
                name: "sink",
                mailbox: exit,
                receive: (n: number) =>
                  Effect.andThen(
                    Effect.yieldNow,
                    Effect.sync(() => stored.push(n))
                  )
              })
            }
          ])
          yield* supervise({ name: "p0", make })
          yield* TestClock.adjust(1)
          for (const n of [1, 2, 3, 4]) entry.putUnsafe(n, 1)
        })
      )
      assert.deepStrictEqual(stored, [1, 2, 3, 4])
    }).pipe(Effect.provide(services))
  )

  it.effect("gives up draining after its time", () =>
    run(
      Effect.gen(function* () {
        const stuck: Part<string, never> = {
          name: "sink",
          start: Effect.succeed({ name: "sink", done: Effect.never, drain: Effect.never })
        }
        const pipeline = yield* supervise({ name: "p0", make: Effect.succeed([stuck]), drainMillis: 1000 })
        yield* TestClock.adjust(1)
        const drained = yield* Effect.forkChild(pipeline.drain, { startImmediately: true })
        yield* TestClock.adjust(999)
        assert.strictEqual(pipeline.state().status, "draining")
        assert.isUndefined(drained.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.strictEqual(pipeline.state().status, "stopped")
      })
    )
  )

  it.effect("can be drained while it waits for a restart or a start hangs", () =>
    run(
      Effect.gen(function* () {
        const failing = yield* supervise({ name: "p0", make: Effect.fail("x"), firstPauseMillis: 10_000 })
        const hanging = yield* supervise({ name: "p1", make: Effect.never })
        yield* TestClock.adjust(1)
        yield* failing.drain
        yield* hanging.drain
        assert.strictEqual(failing.state().status, "stopped")
        assert.strictEqual(hanging.state().status, "stopped")
      })
    )
  )
})
