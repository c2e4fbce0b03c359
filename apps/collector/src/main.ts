// The collector's command: runs the sources of a configuration until it is told to end.
import { loadConfig } from "@tailrace/config/config-file"
import { collectLittleSeldom, collectOnceStarted } from "@tailrace/streams/collection"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { checkConfig, runProcess } from "@tailrace/streams/run-process"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Layer } from "effect"
import { collectorConfigurable } from "./configurable.ts"
import { lateCollectorLayer } from "./layer.ts"

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(collectorConfigurable, path, process.env)
  const broker = Layer.provideMerge(Publisher.layer(), Nats.layer({ ...config.nats, name: "tailrace.collector" }))
  return yield* Layer.launch(
    Layer.provide(lateCollectorLayer(config, broker), Layer.mergeAll(Health.layer, Metrics.layer))
  )
})

collectLittleSeldom()
collectOnceStarted()
runProcess({
  usage: `collector [config.yaml]     run the sources of a configuration (TAILRACE_COLLECTOR_CONFIG names it too)
collector check <file>      say whether a configuration is right, and what is wrong with it`,
  configVariable: "TAILRACE_COLLECTOR_CONFIG",
  commands: { check: checkConfig(collectorConfigurable) },
  run
})
