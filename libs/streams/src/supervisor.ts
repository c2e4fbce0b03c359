// Supervisor: starts a pipeline's parts from the sink backwards, restarts all of them when one fails, drains at the end.
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
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

const defaults = { firstPauseMillis: 100, longestPauseMillis: 10_000, drainMillis: 10_000 }

/** What all lives of one pipeline share. */
interface Supervision<E, R> {
  readonly options: SupervisorOptions<E, R> & typeof defaults
  readonly status: Status
  readonly health: HealthReporter
  readonly elapsed: () => number
  /** Counts a restart. */
  readonly restarted: () => void
  /** Done once the pipeline is to stop for good. */
  readonly drainAsked: Deferred.Deferred<void>
  /** The set of parts that runs; undefined while none does. */
  current: Shift | undefined
}

class Status {
  #state: SupervisorState
  readonly #clock: Clock.Clock

  constructor(clock: Clock.Clock) {
    this.#clock = clock
    this.#state = { status: "starting", restarts: 0, failure: "", since: clock.currentTimeMillisUnsafe() }
  }

  get now(): SupervisorState {
    return this.#state
  }

  change(next: Partial<SupervisorState>): void {
    this.#state = { ...this.#state, ...next, since: this.#clock.currentTimeMillisUnsafe() }
  }
}

/** Runs a pipeline for the life of the scope. Its failures never leave it; other pipelines do not notice them. */
export const supervise = Effect.fnUntraced(function* <E, R>(
  options: SupervisorOptions<E, R>
): Effect.fn.Return<Supervised, never, R | Scope.Scope | Health | Metrics> {
  const { name } = options
  const clock = yield* Clock.Clock
  const health = (yield* Health).register(`pipeline.${name}`)
  const restarts = (yield* Metrics).counter("tailrace_pipeline_restarts_total", "Pipelines restarted", ["pipeline"])
  const stopped = yield* Deferred.make<void>()
  const supervision: Supervision<E, R> = {
    options: { ...defaults, ...options },
    status: new Status(clock),
    health,
    elapsed: elapsedMillis(clock),
    restarted: () => restarts.inc({ pipeline: name }),
    drainAsked: yield* Deferred.make<void>(),
    current: undefined
  }
  const stop = Effect.suspend(() => {
    supervision.status.change({ status: "stopped" })
    health.remove()
    return Deferred.succeed(stopped, undefined)
  })
  yield* Effect.forkScoped(Effect.ensuring(lives(supervision), stop))
  const drain = Deferred.succeed(supervision.drainAsked, undefined).pipe(Effect.andThen(Deferred.await(stopped)))
  yield* Effect.addFinalizer(() => drain)
  return {
    state: () => supervision.status.now,
    drain,
    renew: ask(supervision, "renew"),
    stepAside: ask(supervision, "step aside"),
    stopped: Deferred.await(stopped)
  }
})

/** Asks the parts that run to make room, and ends when what is to follow runs or nothing will. */
const ask = <E, R>(supervision: Supervision<E, R>, reason: Reason): Effect.Effect<void> =>
  Effect.suspend(() => {
    const asked = supervision.current
    return asked === undefined
      ? Effect.void
      : Deferred.succeed(asked.asked, reason).pipe(Effect.andThen(Deferred.await(asked.over)))
  })

/** One life after the other, with growing pauses behind those that failed, until it is drained or interrupted. */
const lives = Effect.fnUntraced(function* <E, R>(supervision: Supervision<E, R>) {
  const { drainAsked, elapsed, health, options, restarted, status } = supervision
  const { firstPauseMillis, longestPauseMillis, name } = options
  const pauseOf = (failures: number, random: number) =>
    Math.min(longestPauseMillis, firstPauseMillis * 2 ** Math.min(failures, 30)) * (0.75 + random / 2)
  /** Draining while a part is still starting: there is nothing to finish yet, so the life is simply given up. */
  const givenUp = Deferred.await(drainAsked).pipe(
    Effect.andThen(
      Effect.suspend(() => (["starting", "standby"].includes(status.now.status) ? Effect.succeed(false) : Effect.never))
    )
  )
  let failures = 0
  for (;;) {
    const bornAt = elapsed()
    const exit = yield* Effect.exit(Effect.raceFirst(life(supervision), givenUp))
    if (Exit.isSuccess(exit) && exit.value) continue
    if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) break
    if (elapsed() - bornAt > longestPauseMillis * HEALTHY_PAUSES) failures = 0
    const pause = pauseOf(failures++, yield* Random.next)
    const failure = describe(exit.cause)
    status.change({ status: "restarting", failure, restarts: status.now.restarts + 1 })
    health.live(`restarting: ${failure}`)
    restarted()
    yield* Effect.logWarning(`pipeline ${name} restarts in ${Math.round(pause)} ms: ${failure}`)
    const drained = yield* Deferred.await(drainAsked).pipe(Effect.timeoutOption(pause))
    if (drained._tag === "Some") break
  }
})

/** What is waited for at the entrance, and then sets of parts until one ends. Answers whether it ended to step aside. */
const life = <E, R>(supervision: Supervision<E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { health, options, status } = supervision
      status.change({ status: "starting" })
      const entered: Array<Running<E>> = []
      if (options.enter !== undefined) {
        const standby = () => {
          status.change({ status: "standby" })
          health.ready()
        }
        entered.push(yield* options.enter(standby))
        if (status.now.status === "standby") health.live("taking over")
      }
      const shifts = Effect.gen(function* () {
        let left: Left | undefined = yield* shift(supervision, false)
        while (left?.reason === "renew") left = yield* shift(supervision, left.drained)
        return left !== undefined
      })
      // Also while parts are still being made: what was waited for may be lost before they run.
      const lost = Effect.andThen(
        Effect.forEach(entered, (one) => one.done, { concurrency: "unbounded", discard: true }),
        Effect.never
      )
      return yield* Effect.raceFirst(shifts, lost)
    })
  ).pipe(Effect.ensuring(takeOver(supervision, undefined)))

const takeOver = <E, R>(supervision: Supervision<E, R>, next: Shift | undefined) =>
  Effect.suspend(() => {
    const before = supervision.current
    supervision.current = next
    return before === undefined ? Effect.void : Deferred.succeed(before.over, undefined)
  })

/** Runs one set of parts until they end or are drained; answers how they left when something is to follow. */
const shift = <E, R>(supervision: Supervision<E, R>, drained: boolean) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { drainAsked, health, options, status } = supervision
      status.change({ status: "starting" })
      if (drained && options.between !== undefined) yield* options.between
      const parts = yield* options.make
      const running: Array<Running<E>> = []
      for (const part of parts.toReversed()) running.unshift(yield* part.start)
      const mine: Shift = { asked: yield* Deferred.make<Reason>(), over: yield* Deferred.make<void>() }
      let leaving = false
      status.change({ status: "running" })
      health.ready()
      yield* takeOver(supervision, mine)
      const ended = Effect.all(
        running.map((one) => one.done),
        { concurrency: "unbounded", discard: true }
      ).pipe(Effect.andThen(Effect.suspend(() => (leaving ? Effect.never : Effect.succeed(undefined)))))
      const drainedForGood = Effect.gen(function* () {
        yield* Deferred.await(drainAsked)
        status.change({ status: "draining" })
        health.live("draining")
        yield* drainParts(options, running)
        return undefined
      })
      const drainedToLeave = Effect.gen(function* () {
        const reason = yield* Deferred.await(mine.asked)
        leaving = true
        return { reason, drained: yield* drainParts(options, running) } satisfies Left
      })
      return yield* Effect.raceFirst(ended, Effect.raceFirst(drainedForGood, drainedToLeave))
    })
  )

/** Whether they drained in time. */
const drainParts = Effect.fnUntraced(function* <E>(
  { drainMillis, name }: { readonly name: string; readonly drainMillis: number },
  parts: ReadonlyArray<Running<E>>
) {
  const inTime = yield* Effect.forEach(parts, (part) => part.drain, { discard: true }).pipe(
    Effect.timeoutOption(drainMillis)
  )
  if (inTime._tag === "None") yield* Effect.logWarning(`pipeline ${name} did not drain within ${drainMillis} ms`)
  return inTime._tag === "Some"
})

const describe = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
