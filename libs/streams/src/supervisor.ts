// Supervisor: starts a pipeline's parts from the sink backwards, restarts all of them when one fails, drains at the end.
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Cause, Clock, Deferred, Effect, Exit, Random, type Scope } from "effect"
import type { Running } from "./actor.ts"
import { elapsedMillis } from "./elapsed.ts"

export interface Part<E, R> {
  readonly name: string
  /** Starts it for the life of the scope; everything downstream runs already. */
  readonly start: Effect.Effect<Running<E>, E, R | Scope.Scope>
}

export interface SupervisorOptions<E, R> {
  readonly name: string
  /**
   * What a life waits for before anything is made, and what ends it when it fails later. It calls `standby` when the
   * wait is for another process, which is no fault.
   */
  readonly enter?: (standby: () => void) => Effect.Effect<Running<E>, E, R | Scope.Scope>
  /** The parts in the order data flows; made anew for each life, so mailboxes and stage state start empty. */
  readonly make: Effect.Effect<ReadonlyArray<Part<E, R>>, E, R | Scope.Scope>
  /** Runs between two sets of parts when the first had finished everything it took in; see `renew`. */
  readonly between?: Effect.Effect<void, E, R | Scope.Scope>
  /** First pause before a restart; doubles each time up to the longest. Defaults 100 and 10,000 ms. */
  readonly firstPauseMillis?: number
  readonly longestPauseMillis?: number
  /** Longest time for draining. Default 10,000 ms; what is not finished by then is delivered again next time. */
  readonly drainMillis?: number
}

export interface SupervisorState {
  readonly status: "starting" | "standby" | "running" | "restarting" | "draining" | "stopped"
  readonly restarts: number
  /** Why it restarted last, in words; "" before any failure. */
  readonly failure: string
  /** Milliseconds since the epoch of the last change of status. */
  readonly since: number
}

export interface Supervised {
  readonly state: () => SupervisorState
  /** Finishes what is under way from the source to the sink and stops. The end of the scope does the same. */
  readonly drain: Effect.Effect<void>
  /**
   * Lets the parts finish what is under way and makes new ones in their place, within the same life. Ends when those run
   * or the life has ended; at once while nothing runs.
   */
  readonly renew: Effect.Effect<void>
  /**
   * Lets the parts finish what is under way and ends the life, so that another process may be what the next one waits for
   * at its entrance. Ends with the life; at once while nothing runs.
   */
  readonly stepAside: Effect.Effect<void>
  /** Completes when the pipeline has stopped. */
  readonly stopped: Effect.Effect<void>
}

/** Why a set of parts is to make room: for the next set, or for another process. */
type Reason = "renew" | "step aside"

/** One set of parts: asked to make room, and over when the next one runs or none will. */
interface Shift {
  readonly asked: Deferred.Deferred<Reason>
  readonly over: Deferred.Deferred<void>
}

/** How a set of parts made room, and whether it had finished everything by then. */
interface Left {
  readonly reason: Reason
  readonly drained: boolean
}

/** A life that lasted this many of the longest pauses counts as healthy: the next failure starts with a short pause. */
const HEALTHY_PAUSES = 3

/** Runs a pipeline for the life of the scope. Its failures never leave it; other pipelines do not notice them. */
export const supervise = Effect.fnUntraced(function* <E, R>(
  options: SupervisorOptions<E, R>
): Effect.fn.Return<Supervised, never, R | Scope.Scope | Health | Metrics> {
  const { name, firstPauseMillis = 100, longestPauseMillis = 10_000, drainMillis = 10_000 } = options
  const clock = yield* Clock.Clock
  const elapsed = elapsedMillis(clock)
  const health = (yield* Health).register(`pipeline.${name}`)
  const restarts = (yield* Metrics).counter("tailrace_pipeline_restarts_total", "Pipelines restarted", ["pipeline"])
  let state: SupervisorState = { status: "starting", restarts: 0, failure: "", since: clock.currentTimeMillisUnsafe() }
  const change = (next: Partial<SupervisorState>) => {
    state = { ...state, ...next, since: clock.currentTimeMillisUnsafe() }
  }
  const drainAsked = yield* Deferred.make<void>()
  const stopped = yield* Deferred.make<void>()

  let current: Shift | undefined
  const takeOver = (next: Shift | undefined) =>
    Effect.suspend(() => {
      const before = current
      current = next
      return before === undefined ? Effect.void : Deferred.succeed(before.over, undefined)
    })

  /** Whether they drained in time. */
  const drainParts = Effect.fnUntraced(function* (parts: ReadonlyArray<Running<E>>) {
    const inTime = yield* Effect.forEach(parts, (part) => part.drain, { discard: true }).pipe(
      Effect.timeoutOption(drainMillis)
    )
    if (inTime._tag === "None") yield* Effect.logWarning(`pipeline ${name} did not drain within ${drainMillis} ms`)
    return inTime._tag === "Some"
  })
  /** Runs one set of parts until they end or are drained; answers how they left when something is to follow. */
  const shift = (drained: boolean) =>
    Effect.scoped(
      Effect.gen(function* () {
        change({ status: "starting" })
        if (drained && options.between !== undefined) yield* options.between
        const parts = yield* options.make
        const running: Array<Running<E>> = []
        for (const part of parts.toReversed()) running.unshift(yield* part.start)
        const mine: Shift = { asked: yield* Deferred.make<Reason>(), over: yield* Deferred.make<void>() }
        let leaving = false
        change({ status: "running" })
        health.ready()
        yield* takeOver(mine)
        const ended = Effect.all(
          running.map((one) => one.done),
          { concurrency: "unbounded", discard: true }
        ).pipe(Effect.andThen(Effect.suspend(() => (leaving ? Effect.never : Effect.succeed(undefined)))))
        const drainedForGood = Effect.gen(function* () {
          yield* Deferred.await(drainAsked)
          change({ status: "draining" })
          health.live("draining")
          yield* drainParts(running)
          return undefined
        })
        const drainedToLeave = Effect.gen(function* () {
          const reason = yield* Deferred.await(mine.asked)
          leaving = true
          return { reason, drained: yield* drainParts(running) } satisfies Left
        })
        return yield* Effect.raceFirst(ended, Effect.raceFirst(drainedForGood, drainedToLeave))
      })
    )
  /** Answers whether it ended to step aside. */
  const life = Effect.scoped(
    Effect.gen(function* () {
      change({ status: "starting" })
      const entered: Array<Running<E>> = []
      if (options.enter !== undefined) {
        const standby = () => {
          change({ status: "standby" })
          health.ready()
        }
        entered.push(yield* options.enter(standby))
        if (state.status === "standby") health.live("taking over")
      }
      const shifts = Effect.gen(function* () {
        let left: Left | undefined = yield* shift(false)
        while (left?.reason === "renew") left = yield* shift(left.drained)
        return left !== undefined
      })
      // Also while parts are still being made: what was waited for may be lost before they run.
      const lost = Effect.andThen(
        Effect.forEach(entered, (one) => one.done, { concurrency: "unbounded", discard: true }),
        Effect.never
      )
      return yield* Effect.raceFirst(shifts, lost)
    })
  ).pipe(Effect.ensuring(takeOver(undefined)))
  const pauseOf = (failures: number, random: number) =>
    Math.min(longestPauseMillis, firstPauseMillis * 2 ** Math.min(failures, 30)) * (0.75 + random / 2)
  const lives = Effect.gen(function* () {
    let failures = 0
    for (;;) {
      const bornAt = elapsed()
      const exit = yield* Effect.exit(Effect.raceFirst(life, beforeLife))
      if (Exit.isSuccess(exit) && exit.value) continue
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) break
      if (elapsed() - bornAt > longestPauseMillis * HEALTHY_PAUSES) failures = 0
      const pause = pauseOf(failures++, yield* Random.next)
      const failure = describe(exit.cause)
      change({ status: "restarting", failure, restarts: state.restarts + 1 })
      health.live(`restarting: ${failure}`)
      restarts.inc({ pipeline: name })
      yield* Effect.logWarning(`pipeline ${name} restarts in ${Math.round(pause)} ms: ${failure}`)
      const drained = yield* Deferred.await(drainAsked).pipe(Effect.timeoutOption(pause))
      if (drained._tag === "Some") break
    }
  })
  /** Draining while a part is still starting: there is nothing to finish yet, so the life is simply given up. */
  const beforeLife = Deferred.await(drainAsked).pipe(
    Effect.andThen(
      Effect.suspend(() => (["starting", "standby"].includes(state.status) ? Effect.succeed(false) : Effect.never))
    )
  )
  yield* Effect.forkScoped(
    lives.pipe(
      Effect.ensuring(
        Effect.suspend(() => {
          change({ status: "stopped" })
          health.remove()
          return Deferred.succeed(stopped, undefined)
        })
      )
    )
  )
  const drain = Deferred.succeed(drainAsked, undefined).pipe(Effect.andThen(Deferred.await(stopped)))
  yield* Effect.addFinalizer(() => drain)
  const ask = (reason: Reason) =>
    Effect.suspend(() => {
      const asked = current
      return asked === undefined
        ? Effect.void
        : Deferred.succeed(asked.asked, reason).pipe(Effect.andThen(Deferred.await(asked.over)))
    })
  return {
    state: () => state,
    drain,
    renew: ask("renew"),
    stepAside: ask("step aside"),
    stopped: Deferred.await(stopped)
  }
})

const describe = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
