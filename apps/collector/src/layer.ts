// The collector as a layer: its sources run for the life of the layer and hand their messages to one intake.
import { join } from "node:path"
import type { Nats, NatsError } from "@tailrace/streams/nats"
import type { Publisher } from "@tailrace/streams/publisher"
import type { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { BrokerAccess } from "./broker-link.ts"
import type { CollectorConfig } from "./config.ts"
import type { Intake } from "./frames/intake.ts"
import { openIntake } from "./open-intake.ts"
import { CollectorError } from "./refusal.ts"
import type { Listening, Source } from "./source.ts"
import { sourceCounters } from "./source-counters.ts"
import { fileSource } from "./sources/file.ts"
import { http } from "./sources/http.ts"
import { StdinConfig, stdin } from "./sources/stdin.ts"
import { syslog } from "./sources/syslog.ts"

/** A running collector. */
export class Collector extends Context.Service<
  Collector,
  {
    /** Where each running source listens, by its component's name. */
    readonly sources: Readonly<Record<string, Listening>>
    readonly intake: Intake
  }
>()("@tailrace/collector/Collector") {}

const sourcesOf = (config: CollectorConfig): Effect.Effect<ReadonlyArray<Source>> => {
  const sources: Array<Effect.Effect<Source>> = []
  if (config.http.enabled) sources.push(http.make(config.http))
  if (config.syslog.enabled) sources.push(syslog.make(config.syslog))
  if (config.files.length > 0) sources.push(Effect.succeed(fileSource(config.files)))
  const input = config.stdin === true ? Schema.decodeSync(StdinConfig)({}) : config.stdin
  if (input !== false) sources.push(stdin.make(input))
  return Effect.all(sources)
}

/**
 * Runs the configured sources. The layer is ready when every source takes input; its end stops the sources first, then
 * publishes open frames and waits for their acknowledgements. Fails when a source cannot start (a port is taken).
 */
export const collectorLayer = (
  config: CollectorConfig
): Layer.Layer<Collector, CollectorError, Nats | Publisher | Health | Metrics> =>
  Layer.effect(
    Collector,
    Effect.flatMap(Effect.context<Nats | Publisher>(), (present) => open(config, Effect.succeed(present)))
  )

/**
 * The same over a broker that may be away at the start: after a few seconds the sources take input all the same, and
 * frames go to the spool until it is there. Without a spool they wait for it. Fails when it refuses the credentials.
 */
export const lateCollectorLayer = (
  config: CollectorConfig,
  broker: Layer.Layer<Nats | Publisher, NatsError, Health | Metrics>
): Layer.Layer<Collector, CollectorError, Health | Metrics> =>
  Layer.effect(
    Collector,
    Effect.gen(function* () {
      const context = yield* Effect.context<Health | Metrics>()
      const access = Effect.flatMap(Effect.scope, (scope) =>
        Layer.buildWithScope(broker, scope).pipe(
          Effect.provideContext(context),
          Effect.mapError(({ message }) => new CollectorError({ message }))
        )
      )
      return yield* open(config, access)
    })
  )

const open = Effect.fnUntraced(function* (config: CollectorConfig, access: BrokerAccess) {
  const metrics = yield* Metrics
  const clock = yield* Clock.Clock
  const log = Effect.runForkWith(yield* Effect.context<never>())
  const intake = yield* openIntake(config, access)
  const sources: Record<string, Listening> = {}
  for (const source of yield* sourcesOf(config)) {
    sources[source.name] = yield* source.open({
      intake,
      tenant: config.tenant,
      folder: join(config.data, source.name),
      counters: sourceCounters(metrics, source.name),
      now: () => clock.currentTimeMillisUnsafe(),
      warn: (message) => void log(Effect.logWarning(message))
    })
    const at = sources[source.name]?.port
    yield* Effect.logInfo(`source ${source.name} runs${at === undefined ? "" : ` on port ${at}`}`)
  }
  // Sources that end wait for their acknowledgements, so frames must not.
  yield* Effect.addFinalizer(() => Effect.sync(() => intake.hasten()))
  return { sources, intake }
})
