// The collector's command: runs the sources of a configuration until it is told to end.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { loadConfig } from "@tailrace/config/config-file"
import { collectByHeapLimits, collectLittleSeldom, collectOnceStarted } from "@tailrace/streams/collection"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Console, Effect, Layer } from "effect"
import { collectorConfigurable } from "./config.ts"
import { lateCollectorLayer } from "./layer.ts"

const usage = `collector [config.yaml]     run the sources of a configuration (TAILRACE_COLLECTOR_CONFIG names it too)
collector check <file>      say whether a configuration is right, and what is wrong with it`

const environment = process.env

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(collectorConfigurable, path, environment)
  const broker = Layer.provideMerge(Publisher.layer(), Nats.layer({ ...config.nats, name: "tailrace.collector" }))
  return yield* Layer.launch(
    Layer.provide(lateCollectorLayer(config, broker), Layer.mergeAll(Health.layer, Metrics.layer))
  )
})

const [command, path] = process.argv.slice(2)
const program = Effect.gen(function* () {
  if (command === "--help" || command === "-h") yield* Console.log(usage)
  else if (command === "check" && path !== undefined) {
    yield* loadConfig(collectorConfigurable, path, environment)
    yield* Console.log(`${path} is right`)
  } else return yield* run(command ?? environment.TAILRACE_COLLECTOR_CONFIG)
}).pipe(
  Effect.catch((error) =>
    Effect.andThen(
      Console.error(error.message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  )
)
collectByHeapLimits()
collectLittleSeldom()
collectOnceStarted()
// @effect-diagnostics-next-line strictEffectProvide:off -- the entry point
NodeRuntime.runMain(Effect.provide(program, loggingFromEnvironment({ terminal: process.stdout.isTTY })))
