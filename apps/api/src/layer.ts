// The api as a layer: its server and its live feeds, for the life of the layer.
import { anomalySubjects } from "@tailrace/domain/subjects"
import type { Store } from "@tailrace/store/store"
import { subscribeLive } from "@tailrace/streams/live"
import { Nats } from "@tailrace/streams/nats"
import { openStateBoard } from "@tailrace/streams/state"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Cause, Clock, Context, Effect, Exit, Layer, Schema, Scope } from "effect"
import type { ApiConfig } from "./config.ts"
import type { ApiContext } from "./graphql/builder.ts"
import { toApiError } from "./graphql/failure.ts"
import { readLimits } from "./graphql/logs-request.ts"
import { makeGraphqlServer } from "./graphql/server.ts"
import { startServer } from "./http.ts"
import { AnomalyFeed } from "./tail/anomaly-feed.ts"
import { LiveLimit } from "./tail/live-limit.ts"
import { readMissed } from "./tail/missed.ts"
import { TailHub } from "./tail/tail-hub.ts"

/** The api cannot listen; the message says where and why. */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", { message: Schema.String }) {}

export class Api extends Context.Service<Api, { readonly url: string }>()("@tailrace/api/Api") {}

/** Serves until the layer ends; then live tails are closed first. */
export const apiLayer = (config: ApiConfig) =>
  Layer.effect(
    Api,
    Effect.gen(function* () {
      const health = yield* Health
      const reporter = health.register("api")
      const clock = yield* Clock.Clock
      const now = (): number => clock.currentTimeMillisUnsafe()
      const services = yield* Effect.context<Store | Nats>()
      const run: ApiContext["run"] = (effect) =>
        Effect.runPromiseExitWith(services)(effect).then((exit) => {
          if (Exit.isSuccess(exit)) return exit.value
          const shown = toApiError(Cause.squash(exit.cause))
          if (shown.extensions.code === "INTERNAL")
            Effect.runForkWith(services)(Effect.logError("a resolver failed", exit.cause))
          throw shown
        })
      const live = yield* liveSwitch(services)
      const { limits } = config
      const missedOptions = () => ({ now: now(), maxBytes: limits.subscriberBytes, limits: readLimits({ limits }) })
      const hub = new TailHub({
        maxBytes: limits.subscriberBytes,
        now,
        open: () => live.open((bytes) => hub.receive(bytes)),
        close: live.close,
        missed: (request, after) => run(readMissed(request, after, missedOptions()))
      })
      const subscriptions = new LiveLimit(limits.subscriptions)
      const anomalies = yield* anomalyFeed
      const listeners = new Set<() => void>()
      const board = yield* openStateBoard(() => {
        for (const listener of listeners) listener()
      })
      const metrics = yield* Metrics
      metrics.gaugeFrom("tailrace_api_tails", "Live tails open now", () => hub.tails)
      metrics.gaugeFrom("tailrace_api_subscriptions", "Live subscriptions open now", () => subscriptions.open)
      const context: ApiContext = {
        run,
        limits,
        live: subscriptions,
        tails: hub,
        anomalies,
        states: board.states,
        onState: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        now
      }
      const server = yield* Effect.acquireRelease(
        Effect.tryPromise({
          try: () => startServer({ config, graphql: makeGraphqlServer(config, context), health, metrics }),
          catch: (cause) =>
            new ApiError({
              message: `the api cannot listen on ${config.host}:${config.port}: ${cause instanceof Error ? cause.message : String(cause)}`
            })
        }),
        (open) => Effect.promise(() => open.close())
      )
      reporter.ready()
      const url = `http://${config.host}:${server.port}`
      yield* Effect.logInfo(`api listens on ${url}`)
      return { url }
    })
  )

/** Listens to live batches only while there are tails, so that nobody encodes for no reader. */
const liveSwitch = (services: Context.Context<Store | Nats>) => {
  let scope: Scope.Closeable | undefined
  const close = (): void => {
    const open = scope
    scope = undefined
    if (open !== undefined) Effect.runFork(Scope.close(open, Exit.void))
  }
  const open = (receive: (bytes: Uint8Array) => void): Promise<void> => {
    const opened = Scope.makeUnsafe()
    scope = opened
    return Effect.runPromiseWith(services)(subscribeLive(({ bytes }) => receive(bytes)).pipe(Scope.provide(opened)))
  }
  return Effect.acquireRelease(Effect.succeed({ open, close }), (live) => Effect.sync(live.close))
}

/** Anomalies as the processors publish them. */
const anomalyFeed = Effect.gen(function* () {
  const { control } = yield* Nats
  const feed = new AnomalyFeed()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      control.subscribe(anomalySubjects, {
        callback: (error, message) => {
          if (error === null) feed.receive(message.string())
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  return feed
})
