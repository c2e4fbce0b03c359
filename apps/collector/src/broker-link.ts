// BrokerLink: the broker as the outlets see it: publishes with their outcome, the connection, and the pipelines' lag.
import { onStatus } from "@tailrace/streams/connection-status"
import { Nats, type NatsShape } from "@tailrace/streams/nats"
import { Publisher, type PublisherShape } from "@tailrace/streams/publisher"
import { LagProbe, type RawLag } from "@tailrace/streams/raw-lag"
import { storedIds } from "@tailrace/streams/stored-ids"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Context, Effect, Fiber, Latch, Option, Random, Scope } from "effect"
import type { CollectorConfig, LagConfig } from "./config.ts"
import type { Broker } from "./frames/outlet.ts"
import { LagGate } from "./lag-gate.ts"
import { type CollectorError, messageOf, type Refusal } from "./refusal.ts"

export interface BrokerLink {
  readonly broker: Broker
  /** Calls back whenever the connection is lost or there again. */
  readonly onConnection: (listener: () => void) => void
  /** Calls back whenever the pipelines fall behind too far or have caught up. */
  readonly onLag: (listener: () => void) => void
}

const lookInterval = "1 second"
/** More between two looks while nothing lags and this collector publishes nothing: others see to what they bring. */
const restInterval = "4 seconds"

/** Gives the broker's connections, for the life of the scope, once there is a broker. */
export type BrokerAccess = Effect.Effect<Context.Context<Nats | Publisher>, CollectorError, Scope.Scope>

/** How long a start waits for the broker before it goes on with the spool alone. */
const firstWait = "3 seconds"

/**
 * Watches connection and lag for the life of the scope. With a spool it is there also while no broker can be reached: nothing
 * is connected then, until the access succeeds. Fails when the broker refuses the credentials at once.
 */
export const openBrokerLink = Effect.fnUntraced(function* (config: CollectorConfig, access: BrokerAccess) {
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const attempted = yield* attempts
  const state = yield* linkState(config.lag)
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const spooling = config.spool.maxBytes > 0
  const deadline = spooling ? { deadlineMillis: config.spool.afterMillis } : {}
  // The connections end behind whatever is opened after this: frames under way at the end need them.
  const scope = yield* Effect.acquireRelease(Scope.make(), (open, exit) => Scope.close(open, exit))
  let services: { readonly nats: NatsShape; readonly publisher: PublisherShape } | undefined
  const attach = Effect.gen(function* () {
    const context = yield* access
    const nats = Context.get(context, Nats)
    services = { nats, publisher: Context.get(context, Publisher) }
    yield* state.watch(nats)
  }).pipe(Scope.provide(scope))
  if (spooling) yield* attachLater(attach, scope)
  else yield* attach

  const broker: Broker = {
    publish: ({ headers, id, payload, subject }, signal) => {
      if (services === undefined) return Promise.resolve(unreachable)
      return run(
        Effect.andThen(state.used, services.publisher.publish(subject, payload, { id, headers, ...deadline })).pipe(
          Effect.match({
            onSuccess: ({ sequence }): { readonly sequence: number } | Refusal => {
              state.acknowledged = sequence
              return { sequence }
            },
            onFailure: ({ message, reason }): { readonly sequence: number } | Refusal => ({ message, reason })
          })
        ),
        signal === undefined ? undefined : { signal }
      ).catch((cause): Refusal => ({ reason: "unavailable", message: messageOf(cause) }))
    },
    storedIds: (query) =>
      services === undefined ? Promise.reject(new Error(unreachable.message)) : storedIds(services.nats.control, query),
    connected: () => state.connected,
    lagging: () => state.gate.closed,
    freeBytes: () => state.lag?.freeBytes,
    sequence: () => Math.max(state.acknowledged, state.lag?.sequence ?? 0),
    attempted,
    now: () => clock.currentTimeMillisUnsafe(),
    random: () => random.nextDoubleUnsafe()
  }
  const link: BrokerLink = {
    broker,
    onConnection: (listener) => void state.connectionListeners.push(listener),
    onLag: (listener) => void state.lagListeners.push(listener)
  }
  return link
})

const unreachable: Refusal = { reason: "unavailable", message: "no broker has been reached yet" }

const attachLater = Effect.fnUntraced(function* (attach: Effect.Effect<void, CollectorError>, scope: Scope.Scope) {
  const reporter = (yield* Health).register("collector.broker")
  yield* Effect.addFinalizer(() => Effect.sync(reporter.remove))
  const attached = yield* Effect.forkIn(attach, scope)
  const first = yield* Effect.timeoutOption(Fiber.join(attached), firstWait)
  if (Option.isSome(first)) {
    reporter.ready()
    return
  }
  reporter.live("no broker can be reached, frames go to the disk")
  yield* Effect.logWarning("no broker can be reached, frames go to the disk until one can")
  yield* Fiber.join(attached).pipe(
    Effect.match({ onSuccess: () => reporter.ready(), onFailure: (error) => reporter.failed(error.message) }),
    Effect.forkIn(scope)
  )
})

/** Connection and lag as they were last seen. */
const linkState = Effect.fnUntraced(function* (limits: LagConfig) {
  const clock = yield* Clock.Clock
  const metrics = yield* Metrics
  const used = yield* Latch.make(false)
  const state = {
    used: Effect.sync(() => used.openUnsafe()),
    connected: false,
    acknowledged: 0,
    lag: undefined as RawLag | undefined,
    gate: new LagGate(limits),
    connectionListeners: [] as Array<() => void>,
    lagListeners: [] as Array<() => void>
  }
  const connectionIs = (now: boolean) => {
    if (now === state.connected) return
    state.connected = now
    for (const listener of state.connectionListeners) listener()
  }
  const sawLag = (seen: RawLag | undefined) => {
    state.lag = seen
    if (!state.gate.observe(seen)) return
    for (const listener of state.lagListeners) listener()
  }
  metrics.gaugeFrom(
    "tailrace_collector_lag_bytes",
    "Bytes of the raw stream no pipeline has finished",
    () => state.lag?.bytes ?? 0
  )
  metrics.gaugeFrom(
    "tailrace_collector_lag_seconds",
    "Age of the oldest of them",
    () => (state.lag?.millis ?? 0) / 1_000
  )
  const watch = Effect.fnUntraced(function* ({ control, data }: NatsShape) {
    yield* onStatus(data, ({ type }) => {
      if (type === "disconnect") connectionIs(false)
      if (type === "reconnect") connectionIs(true)
    })
    const probe = new LagProbe(control)
    const look = Effect.tryPromise(() => probe.look(clock.currentTimeMillisUnsafe())).pipe(
      Effect.orElseSucceed(() => undefined),
      Effect.tap((seen) => Effect.sync(() => sawLag(seen)))
    )
    const rest = Effect.suspend(() =>
      state.lag?.bytes === 0 ? Effect.raceFirst(used.await, Effect.sleep(restInterval)) : Effect.void
    ).pipe(Effect.andThen(Effect.sync(() => used.closeUnsafe())))
    yield* look.pipe(
      Effect.andThen(Effect.sleep(lookInterval)),
      Effect.andThen(rest),
      Effect.forever,
      Effect.forkScoped
    )
    connectionIs(true)
  })
  return Object.assign(state, { watch })
})

/** Counts attempts and keeps the health of the way out. */
const attempts = Effect.gen(function* () {
  const metrics = yield* Metrics
  const reporter = (yield* Health).register("collector.intake")
  const frames = metrics.counter("tailrace_collector_frames_total", "Frames acknowledged by the broker", ["source"])
  const refusals = metrics.counter(
    "tailrace_collector_frames_refused_total",
    "Attempts to publish a frame that failed",
    ["source", "reason"]
  )
  reporter.ready()
  yield* Effect.addFinalizer(() => Effect.sync(reporter.remove))
  return (source: string, refusal: Refusal | undefined) => {
    if (refusal === undefined) {
      frames.inc({ source })
      reporter.ready()
    } else {
      refusals.inc({ source, reason: refusal.reason })
      reporter.live(refusal.message)
    }
  }
})
