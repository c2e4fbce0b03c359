// The processor's command: runs the pipelines, or tests or checks pipeline files.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { loadConfig } from "@tailrace/config/config-file"
import { reportText, runTestsAt } from "@tailrace/pipeline/pipeline-tests"
import { Store } from "@tailrace/store/store"
import { collectByHeapLimits } from "@tailrace/streams/collection"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Console, Effect, Layer } from "effect"
import { processorConfigurable } from "./config.ts"
import { processorLayer } from "./layer.ts"
import { catalogues, loadPipeline } from "./pipelines.ts"
import { serveStatus } from "./status-server.ts"

const environment = process.env

const usage = `processor [config.yaml]     run the pipelines of a configuration (TAILRACE_PROCESSOR_CONFIG names it too)
processor test <path>       run the tests of a pipeline file, or of every one in a folder
processor check <file>      say whether a pipeline file is right, and what is wrong with it`

const run = Effect.fnUntraced(function* (path: string | undefined) {
  const config = yield* loadConfig(processorConfigurable, path, environment)
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

const [command, path] = process.argv.slice(2)
const program = Effect.gen(function* () {
  if (command === "--help" || command === "-h") yield* Console.log(usage)
  else if (command === "test" && path !== undefined) yield* test(path)
  else if (command === "check" && path !== undefined) yield* check(path)
  else return yield* run(command ?? environment.TAILRACE_PROCESSOR_CONFIG)
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
