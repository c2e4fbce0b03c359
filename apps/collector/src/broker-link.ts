// BrokerLink: the broker as the outlets see it: publishes with their outcome, the connection, and the pipelines' lag.
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { LagProbe, type RawLag } from "@tailrace/streams/raw-lag"
import { storedIds } from "@tailrace/streams/stored-ids"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Random } from "effect"
import type { CollectorConfig } from "./config.ts"
import type { Broker } from "./frames/outlet.ts"
import { LagGate } from "./lag-gate.ts"
import { messageOf, type Refusal } from "./refusal.ts"

export interface BrokerLink {
  readonly broker: Broker
  /** Calls back whenever the connection is lost or there again. */
  readonly onConnection: (listener: () => void) => void
  /** Calls back whenever the pipelines fall behind too far or have caught up. */
  readonly onLag: (listener: () => void) => void
}

const lookInterval = "1 second"

/** Watches connection and lag for the life of the scope. */
export const openBrokerLink = Effect.fnUntraced(function* (config: CollectorConfig) {
  const { control, data } = yield* Nats
  const publisher = yield* Publisher
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const attempted = yield* attempts
  const metrics = yield* Metrics
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const deadline = config.spool.maxBytes > 0 ? { deadlineMillis: config.spool.afterMillis } : {}
  const listeners: Array<() => void> = []
  let connected = true
  let lag: RawLag | undefined
  const gate = new LagGate(config.lag)
  const lagListeners: Array<() => void> = []
  let acknowledged = 0

  const change = (now: boolean) => {
    if (now === connected) return
    connected = now
    for (const listener of listeners) listener()
  }
  yield* Effect.forkScoped(
    Effect.promise(async () => {
      for await (const { type } of data.status()) {
        if (type === "disconnect") change(false)
        if (type === "reconnect") change(true)
      }
    })
  )
  const probe = new LagProbe(control)
  const look = Effect.tryPromise(() => probe.look(clock.currentTimeMillisUnsafe())).pipe(
    Effect.orElseSucceed(() => undefined),
    Effect.tap((seen) =>
      Effect.sync(() => {
        lag = seen
        if (!gate.observe(seen)) return
        for (const listener of lagListeners) listener()
      })
    )
  )
  yield* look.pipe(Effect.andThen(Effect.sleep(lookInterval)), Effect.forever, Effect.forkScoped)

  const broker: Broker = {
    publish: ({ headers, id, payload, subject }, signal) =>
      run(
        publisher.publish(subject, payload, { id, headers, ...deadline }).pipe(
          Effect.match({
            onSuccess: ({ sequence }): { readonly sequence: number } | Refusal => {
              acknowledged = sequence
              return { sequence }
            },
            onFailure: ({ message, reason }): { readonly sequence: number } | Refusal => ({ message, reason })
          })
        ),
        signal === undefined ? undefined : { signal }
      ).catch((cause): Refusal => ({ reason: "unavailable", message: messageOf(cause) })),
    storedIds: (query) => storedIds(control, query),
    connected: () => connected,
    lagging: () => gate.closed,
    freeBytes: () => lag?.freeBytes,
    sequence: () => Math.max(acknowledged, lag?.sequence ?? 0),
    attempted,
    now: () => clock.currentTimeMillisUnsafe(),
    random: () => random.nextDoubleUnsafe()
  }
  metrics.gaugeFrom(
    "tailrace_collector_lag_bytes",
    "Bytes of the raw stream no pipeline has finished",
    () => lag?.bytes ?? 0
  )
  metrics.gaugeFrom("tailrace_collector_lag_seconds", "Age of the oldest of them", () => (lag?.millis ?? 0) / 1_000)
  const link: BrokerLink = {
    broker,
    onConnection: (listener) => void listeners.push(listener),
    onLag: (listener) => void lagListeners.push(listener)
  }
  return link
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
