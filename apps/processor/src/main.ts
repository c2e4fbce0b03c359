// The processor's command: runs the pipelines, or tests or checks pipeline files.
import { loadConfig } from "@tailrace/config/config-file"
import { reportText, runTestsAt } from "@tailrace/pipeline/pipeline-tests"
import { Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { runProcess } from "@tailrace/streams/run-process"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Console, Effect, Layer } from "effect"
import { processorConfigurable } from "./config.ts"
import { processorLayer } from "./layer.ts"
import { catalogues, loadPipeline } from "./pipelines.ts"
import { serveStatus } from "./status-server.ts"

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(processorConfigurable, path, process.env)
  const nats = Nats.layer({ ...config.nats, name: "tailrace.processor" })
  const services = Publisher.layer().pipe(
    Layer.provideMerge(nats),
    Layer.provideMerge(Store.layer(config.store)),
    Layer.provideMerge(Layer.mergeAll(Health.layer, Metrics.layer))
  )
  const status = config.status === undefined ? Layer.empty : Layer.effectDiscard(serveStatus(config.status))
  return yield* Layer.launch(Layer.provide(Layer.merge(status, processorLayer(config)), services))
})

const test = Effect.fnUntraced(function* (path: string) {
  const results = yield* runTestsAt(catalogues, path)
  yield* Console.log(reportText(results))
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1
})

const check = Effect.fnUntraced(function* (path: string) {
  const pipeline = yield* loadPipeline(path)
  yield* Console.log(`${path}: pipeline ${pipeline.config.name} is right`)
})

runProcess({
  usage: `processor [config.yaml]     run the pipelines of a configuration (TAILRACE_PROCESSOR_CONFIG names it too)
processor test <path>       run the tests of a pipeline file, or of every one in a folder
processor check <file>      say whether a pipeline file is right, and what is wrong with it`,
  configVariable: "TAILRACE_PROCESSOR_CONFIG",
  commands: { check, test },
  run
})
