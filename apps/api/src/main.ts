// The api's command: serves GraphQL by a configuration, or says whether a configuration is right.
import { loadConfig } from "@tailrace/config/config-file"
import { Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { checkConfig, runProcess } from "@tailrace/streams/run-process"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Layer } from "effect"
import { apiConfigurable } from "./config.ts"
import { apiLayer } from "./layer.ts"

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(apiConfigurable, path, process.env)
  const services = Publisher.layer().pipe(
    Layer.provideMerge(Nats.layer({ ...config.nats, name: "tailrace.api" })),
    Layer.provideMerge(Store.layer(config.store)),
    Layer.provideMerge(Layer.mergeAll(Health.layer, Metrics.layer))
  )
  return yield* Layer.launch(Layer.provide(apiLayer(config), services))
})

runProcess({
  usage: `api [config.yaml]     serve by a configuration (TAILRACE_API_CONFIG names it too)
api check <file>      say whether a configuration is right, and what is wrong with it`,
  configVariable: "TAILRACE_API_CONFIG",
  commands: { check: checkConfig(apiConfigurable) },
  run
})
