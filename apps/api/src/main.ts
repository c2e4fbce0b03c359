// The api's command: serves GraphQL by a configuration file.
import { readFile } from "node:fs/promises"
import { NodeRuntime } from "@effect/platform-node"
import { Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Health } from "@tailrace/telemetry/health"
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Config, Console, Effect, Layer, Schema } from "effect"
import { parse } from "yaml"
import { ApiConfig } from "./config.ts"
import { ApiError, apiLayer } from "./layer.ts"

/** The configuration of a file, or all defaults. */
const loadConfig = Effect.fnUntraced(function* (path: string) {
  if (path === "") return yield* decode({}, "the defaults")
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new ApiError({ message: `cannot read the configuration ${path}: ${String(cause)}` })
  })
  const value = yield* Effect.try({
    try: () => (parse(text) as unknown) ?? {},
    catch: (cause) =>
      new ApiError({ message: `${path} is no YAML: ${cause instanceof Error ? cause.message : String(cause)}` })
  })
  return yield* decode(value, path)
})

const decode = (value: unknown, name: string) =>
  Schema.decodeUnknownEffect(ApiConfig)(value, { errors: "all", onExcessProperty: "error" }).pipe(
    Effect.mapError((error) => new ApiError({ message: `${name}: ${error.message}` }))
  )

const program = Effect.gen(function* () {
  const named = yield* Config.String("TAILRACE_API_CONFIG").pipe(Config.withDefault(""))
  const config = yield* loadConfig(process.argv[2] ?? named)
  const services = Nats.layer({ ...config.nats, name: "tailrace.api" }).pipe(
    Layer.provideMerge(Store.layer(config.store)),
    Layer.provideMerge(Layer.mergeAll(Health.layer, Metrics.layer))
  )
  return yield* Layer.launch(Layer.provide(apiLayer(config), services))
}).pipe(Effect.tapErrorTag("ApiError", (error) => Console.error(`api: ${error.message}`)))

program.pipe(
  Effect.provide(loggingFromEnvironment({ terminal: process.stdout.isTTY })),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
