// The system the chapters run: a broker, a store, and processors and an api to start on them, all real and all temporary.
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inputSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { setUpStreams } from "@tailrace/streams/streams-setup"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { startStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer, Schema } from "effect"
import { ApiConfig } from "../../apps/api/src/config.ts"
import { Api, apiLayer } from "../../apps/api/src/layer.ts"
import { CollectorConfig } from "../../apps/collector/src/config.ts"
import { Collector, collectorLayer } from "../../apps/collector/src/layer.ts"
import { ProcessorConfig } from "../../apps/processor/src/config.ts"
import { processorLayer } from "../../apps/processor/src/layer.ts"

/** Streams of a few megabytes instead of gigabytes. */
const maxBytes = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 16_777_216]
  )
)

const start = Effect.gen(function* () {
  const broker = yield* natsServer()
  const store = yield* startStore
  const services = Publisher.layer().pipe(
    Layer.provideMerge(Nats.layer({ servers: broker.url, name: "chapters" })),
    Layer.provideMerge(Store.layer({ url: store.url, database: store.database })),
    Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
  )
  const context = yield* Layer.build(services)
  yield* Effect.provide(setUpStreams({ partitions: 1, maxBytes }), context)
  const nats = { servers: [broker.url] }
  const stored = { url: store.url, database: store.database }

  /** Runs a pipeline until the scope ends, which drains it. */
  const startProcessor = Effect.fnUntraced(function* (pipeline: string, placement: "fused" | "staged" = "fused") {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-chapter-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
    )
    const file = join(folder, "pipeline.yaml")
    yield* Effect.promise(() => writeFile(file, pipeline))
    const config = Schema.decodeUnknownSync(ProcessorConfig)({
      nats,
      store: stored,
      placement,
      pipeline: file,
      setUp: false
    })
    yield* Layer.build(Layer.provide(processorLayer(config), Layer.fresh(services)))
  })

  /** Serves the api until the scope ends; answers the address of its GraphQL endpoint. */
  const startApi = Effect.gen(function* () {
    const config = Schema.decodeUnknownSync(ApiConfig)({ nats, store: stored, port: 0 })
    const api = yield* Layer.build(Layer.provide(apiLayer(config), Layer.fresh(services)))
    return `${Context.get(api, Api).url}/graphql`
  })

  /** Runs a collector on free ports, with a folder of its own, until the scope ends. */
  const startCollector = Effect.fnUntraced(function* (settings: object) {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-chapter-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
    )
    const http = { port: 0, ...("http" in settings ? (settings.http as object) : {}) }
    const given = { nats, data: folder, syslog: { enabled: false }, ...settings, http }
    const config = Schema.decodeUnknownSync(CollectorConfig)(given)
    const running = yield* Layer.build(Layer.provide(collectorLayer(config), Layer.fresh(services)))
    const { intake, sources } = Context.get(running, Collector)
    return { intake, url: `http://127.0.0.1:${sources.http?.port}` }
  })

  /** Publishes text to the subject anybody may publish to. */
  const publish = (source: string, text: string) =>
    Effect.provide(
      Publisher.use((publisher) => publisher.publish(inputSubject("default", source), encodeUtf8(text))),
      context
    )

  return { context, startCollector, startProcessor, startApi, publish }
})

export class System extends Context.Service<System, Effect.Success<typeof start>>()("chapters/System") {
  static readonly layer = Layer.effect(System, start)
}

/** Asks the api one question. */
export const ask = <A>(url: string, query: string, variables: object = {}): Effect.Effect<A> =>
  Effect.promise(async () => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables })
    })
    const { data, errors } = (await answer.json()) as { readonly data: A; readonly errors?: unknown }
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data
  })

/** Asks until the answer holds. */
export const askUntil = <A>(url: string, query: string, holds: (answer: A) => boolean) =>
  waitUntil(ask<A>(url, query), holds, { what: query, timeoutMillis: 20_000 })
