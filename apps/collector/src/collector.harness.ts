// Collector harness: a broker with its streams, collectors on it, and what they brought to the raw stream, for tests.
import { jetstreamManager } from "@nats-io/jetstream"
import { forEachMessage } from "@tailrace/domain/frame"
import { parseInputSubject } from "@tailrace/domain/subjects"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { Nats } from "@tailrace/streams/nats"
import { Publisher, type PublisherOptions } from "@tailrace/streams/publisher"
import { setUpStreams } from "@tailrace/streams/streams-setup"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { CollectorConfig } from "./config.ts"
import { Collector, collectorLayer } from "./layer.ts"

/** Streams of a few megabytes, so that many brokers fit on a small disk. */
const maxBytes = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 16_777_216]
  )
)

/** A message as it lies in the raw stream. */
export interface Stored {
  readonly tenant: string
  readonly source: string
  readonly codec: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
}

export const startBroker = Effect.fnUntraced(function* (options: { readonly rawBytes?: number } = {}) {
  const broker = yield* natsServer()
  const services = (publisher: PublisherOptions = {}) =>
    Publisher.layer(publisher).pipe(
      Layer.provideMerge(Nats.layer({ servers: broker.url, name: "test" })),
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  const context = yield* Layer.build(services())
  const raw = options.rawBytes === undefined ? {} : { raw: options.rawBytes }
  yield* Effect.provide(setUpStreams({ partitions: 1, maxBytes: { ...maxBytes, ...raw } }), context)
  const { control } = yield* Effect.provide(Nats, context)
  const manager = yield* Effect.promise(() => jetstreamManager(control))

  const readAll = Effect.promise(async () => {
    const { state } = await manager.streams.info("raw")
    const messages: Array<Stored> = []
    const dropped: Record<string, number> = {}
    for (let sequence = Math.max(state.first_seq, 1); sequence <= state.last_seq; sequence++) {
      const frame = await manager.streams.getMessage("raw", { seq: sequence })
      if (frame === null) continue
      const { header, payload } = unpackFrame((name) => frame.header.get(name), frame.data)
      const { source = "", tenant = "" } = parseInputSubject(frame.subject) ?? {}
      const { attributes, codec } = header
      for (const [reason, count] of Object.entries(header.dropped ?? {})) {
        dropped[reason] = (dropped[reason] ?? 0) + count
      }
      forEachMessage(payload, header.layout, (start, end) => {
        const text = Buffer.from(payload.subarray(start, end)).toString()
        messages.push({ tenant, source, codec, attributes, text })
      })
    }
    return { messages, dropped, upTo: state.last_seq }
  })

  /** Every message of the raw stream, in order. */
  const stored = Effect.map(readAll, ({ messages }) => messages)

  /** What frames of the raw stream say was left out, by reason. */
  const dropped = Effect.map(readAll, (read) => read.dropped)

  /** The texts of the raw stream, and the last sequence that was read. */
  const read = Effect.map(readAll, ({ messages, upTo }) => ({ texts: messages.map(({ text }) => text), upTo }))

  /** Nothing while the connection comes back after a restart of the broker. */
  const storedSoon = Effect.catchCause(stored, () => Effect.succeed<Array<Stored>>([]))

  /** The texts of the raw stream once there are at least `count`. */
  const texts = Effect.fnUntraced(function* (count: number) {
    const counted = Effect.map(storedSoon, (seen) => seen.length)
    yield* waitUntil(counted, (seen) => seen >= count, { what: `${count} messages in the raw stream`, everyMillis: 50 })
    return (yield* stored).map(({ text }) => text)
  })

  /** A collector with connections of its own for the life of the scope. */
  const collect = Effect.fnUntraced(function* (
    config: typeof CollectorConfig.Encoded,
    publisher: PublisherOptions = {}
  ) {
    const decoded = yield* Schema.decodeEffect(CollectorConfig)({
      ...(config.sources === undefined ? { http: { enabled: false }, syslog: { enabled: false } } : {}),
      spool: { maxBytes: 0 },
      ...config
    })
    const running = yield* Layer.build(collectorLayer(decoded).pipe(Layer.provideMerge(services(publisher))))
    const collector = yield* Effect.provide(Collector, running)
    const health = yield* Effect.provide(Health, running)
    const metrics = yield* Effect.provide(Metrics, running)
    const port = (source: string): number => collector.sources[source]?.port ?? 0
    return { collector, health, metrics, port, url: `http://127.0.0.1:${port("http")}` }
  })
  return { broker, manager, stored, dropped, read, texts, collect }
})
