// The collector as a layer: its sources run for the life of the layer and hand their messages to one intake.
import { join } from "node:path"
import { problemText } from "@tailrace/config/config-decode"
import type { Nats, NatsError } from "@tailrace/streams/nats"
import type { Publisher } from "@tailrace/streams/publisher"
import type { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Context, Effect, Layer } from "effect"
import type { BrokerAccess } from "./broker-link.ts"
import type { CollectorConfig } from "./config.ts"
import type { Intake } from "./frames/intake.ts"
import { makeSources } from "./make-sources.ts"
import { openIntake } from "./open-intake.ts"
import { openSources } from "./open-sources.ts"
import { CollectorError } from "./refusal.ts"
import type { Listening } from "./source.ts"
import { sourceCounters } from "./source-counters.ts"

/** A running collector. */
export class Collector extends Context.Service<
  Collector,
  {
    /** Where each running source listens, by its name. */
    readonly sources: Readonly<Record<string, Listening>>
    readonly intake: Intake
  }
>()("@tailrace/collector/Collector") {}

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
  const made = yield* makeSources(config)
  if ("problems" in made) return yield* new CollectorError({ message: made.problems.map(problemText).join("\n") })
  const metrics = yield* Metrics
  const clock = yield* Clock.Clock
  const log = Effect.runForkWith(yield* Effect.context<never>())
  const mayDrop = made.value.some(({ whenFull }) => whenFull === "drop-oldest")
  const intake = yield* openIntake(config, mayDrop, access)
  const sources = yield* openSources(made.value, ({ name }) => ({
    name,
    intake,
    tenant: config.tenant,
    folder: join(config.data, name),
    counters: sourceCounters(metrics, name),
    now: () => clock.currentTimeMillisUnsafe(),
    warn: (message) => void log(Effect.logWarning(message))
  }))
  for (const [name, { port }] of Object.entries(sources))
    yield* Effect.logInfo(`source ${name} runs${port === undefined ? "" : ` on port ${port}`}`)
  // Sources that end wait for their acknowledgements, so frames must not.
  yield* Effect.addFinalizer(() => Effect.sync(() => intake.hasten()))
  return { sources, intake }
})
