// The api's command: serves GraphQL by a configuration, or says whether a configuration is right.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { loadConfig } from "@tailrace/config/config-file"
import { Store } from "@tailrace/store/store"
import { collectByHeapLimits } from "@tailrace/streams/collection"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Console, Effect, Layer } from "effect"
import { apiConfigurable } from "./config.ts"
import { apiLayer } from "./layer.ts"

const environment = process.env

const usage = `api [config.yaml]     serve by a configuration (TAILRACE_API_CONFIG names it too)
api check <file>      say whether a configuration is right, and what is wrong with it`

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(apiConfigurable, path, environment)
  const services = Publisher.layer().pipe(
    Layer.provideMerge(Nats.layer({ ...config.nats, name: "tailrace.api" })),
    Layer.provideMerge(Store.layer(config.store)),
    Layer.provideMerge(Layer.mergeAll(Health.layer, Metrics.layer))
  )
  return yield* Layer.launch(Layer.provide(apiLayer(config), services))
})

const [command, path] = process.argv.slice(2)
const program = Effect.gen(function* () {
  if (command === "--help" || command === "-h") yield* Console.log(usage)
  else if (command === "check" && path !== undefined) {
    yield* loadConfig(apiConfigurable, path, environment)
    yield* Console.log(`${path} is right`)
  } else return yield* run(command ?? environment.TAILRACE_API_CONFIG)
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
// @effect-diagnostics-next-line strictEffectProvide:off -- the entry point
NodeRuntime.runMain(Effect.provide(program, loggingFromEnvironment({ terminal: process.stdout.isTTY })))
