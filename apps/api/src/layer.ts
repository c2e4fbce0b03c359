// The api as a layer: its server and its live feeds, for the life of the layer.
import { anomalySubjects } from "@tailrace/domain/subjects"
import { read, type Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { openStateBoard } from "@tailrace/streams/state"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { ApiConfig } from "./config.ts"
import type { ApiContext } from "./graphql/builder.ts"
import { makeGraphqlServer } from "./graphql/server.ts"
import { startServer } from "./http.ts"
import { readLimits } from "./questions/logs-request.ts"
import { ReadQueue } from "./reads/read-queue.ts"
import { makeRunner } from "./reads/runner.ts"
import { AnomalyFeed } from "./tail/anomaly-feed.ts"
import { LiveLimit } from "./tail/live-limit.ts"
import { makeLiveSwitch } from "./tail/live-switch.ts"
import { readMissed, readReach, readStoredPosition } from "./tail/missed.ts"
import { resumeToken, type TailPosition } from "./tail/resume-token.ts"
import { sharedReads } from "./tail/shared-reads.ts"
import { TailHub } from "./tail/tail-hub.ts"
import { WaitingRoom } from "./tail/waiting-room.ts"

/** The api cannot listen; the message says where and why. */
class ApiError extends Schema.TaggedError<ApiError>()("ApiError", { message: Schema.String }) {}

export class Api extends Context.Service<Api, { readonly url: string }>()("@tailrace/api/Api") {}

/** Serves until the layer ends; then live tails are ended first. */
export const apiLayer = (config: ApiConfig) =>
  Layer.effect(
    Api,
    Effect.gen(function* () {
      const health = yield* Health
      const reporter = health.register("api")
      const clock = yield* Clock.Clock
      const now = (): number => clock.currentTimeMillisUnsafe()
      const services = yield* Effect.context<Store | Nats | Publisher>()
      const { limits } = config
      const reads = new ReadQueue({
        running: limits.readsAtOnce,
        each: limits.callerReads,
        waiting: limits.waitingReads
      })
      const { now: runNow, read: run } = makeRunner(services, reads)
      const publisher = yield* Publisher
      const reading = readLimits({ limits })
      const maxBytes = limits.subscriberBytes
      const metrics = yield* Metrics
      const notShown = metrics.counter(
        "tailrace_api_live_refused_total",
        "Live batches not shown as they came: no batch, foreign, ahead of what was announced, or behind a gap",
        ["reason"]
      )
      const live = yield* makeLiveSwitch(() => hub.interrupted())
      const room = new WaitingRoom({ each: maxBytes, all: limits.waitingBytes })
      const reach = sharedReads(resumeToken, (after: TailPosition) => run(readReach(after, reading)))
      const hub = new TailHub({
        maxBytes,
        room,
        now,
        open: () => live.open((bytes, told) => hub.receive(bytes, told)).then(() => run(readStoredPosition(reading))),
        close: live.close,
        refused: (reason) => notShown.inc({ reason }),
        missed: async (request, after) => {
          const stored = await reach(after)
          const options = { now: now(), maxBytes, limits: reading }
          return await run(readMissed(request, { after, stored }, options), undefined, request.caller)
        }
      })
      const subscriptions = new LiveLimit(limits.subscriptions)
      const anomalies = yield* anomalyFeed
      const listeners = new Set<() => void>()
      const board = yield* openStateBoard(() => {
        for (const listener of listeners) listener()
      })
      metrics.gaugeFrom("tailrace_api_tails", "Live tails open now", () => hub.tails)
      metrics.gaugeFrom(
        "tailrace_api_waiting_bytes",
        "Bytes of records that wait for slow live tails",
        () => room.bytes
      )
      metrics.gaugeFrom("tailrace_api_reads", "Reads of the store under way", () => reads.running)
      metrics.gaugeFrom(
        "tailrace_api_waiting_reads",
        "Reads of the store that wait for their turn",
        () => reads.waiting
      )
      metrics.gaugeFrom("tailrace_api_subscriptions", "Live subscriptions open now", () => subscriptions.open)
      const context: ApiContext = {
        run,
        publish: (subject, payload, options) => runNow(publisher.publish(subject, payload, options)),
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
          try: () =>
            startServer({
              config,
              graphql: makeGraphqlServer(config, context),
              health,
              metrics,
              failed: (doing, cause) => Effect.runForkWith(services)(Effect.logError(`${doing} failed`, cause))
            }),
          catch: (cause) =>
            new ApiError({
              message: `the api cannot listen on ${config.host}:${config.port}: ${cause instanceof Error ? cause.message : String(cause)}`
            })
        }),
        (open) =>
          Effect.andThen(
            Effect.sync(() => hub.end()),
            Effect.promise(open.close)
          )
      )
      reporter.ready()
      health.register("api.peers").ready(server.peers)
      yield* Effect.forkScoped(watchStore)
      const url = `http://${config.host}:${server.port}`
      yield* Effect.logInfo(`api listens on ${url}; ${server.peers}`)
      return { url }
    })
  )

/** Tells whether the store answers, because without it the api is not ready. */
const watchStore = Effect.gen(function* () {
  const reporter = (yield* Health).register("api.store")
  const look = read({ operation: "look for the store", sql: "SELECT 1" }).pipe(
    Effect.timeout("5 seconds"),
    Effect.match({
      onFailure: () => reporter.live("the store does not answer"),
      onSuccess: () => reporter.ready()
    })
  )
  return yield* look.pipe(Effect.andThen(Effect.sleep("5 seconds")), Effect.forever)
})

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
