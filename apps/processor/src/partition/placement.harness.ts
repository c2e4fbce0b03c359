// PlacementConformance: the world in which both placements are tested: a broker, a store, numbered records, exact counts.
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FrameHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { read, Store } from "@tailrace/store/store"
import { packFrame } from "@tailrace/streams/frame-encoding"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { setUpStreams } from "@tailrace/streams/streams-setup"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { type NatsServer, natsServer } from "@tailrace/testing/nats-server"
import { startStore, type TestStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { ProcessorConfig } from "../config.ts"
import { processorLayer } from "../layer.ts"

/** Streams of a few megabytes, so that many brokers fit on a small disk. */
export const maxBytes = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 16_777_216]
  )
)

export interface ProcessorOptions {
  readonly placement: "fused" | "staged"
  /** Path of the pipeline file. */
  readonly pipeline: string
  /** Where the store answers for this processor, when something stands in between. */
  readonly storeUrl?: string
  /** 1 by default. */
  readonly partitions?: number
  /** Its name in heartbeats, where several run in one process. */
  readonly instance?: string
}

/** Path of a pipeline file with this text, which lives as long as the scope. */
export const pipelineFile = (text: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "tailrace-pipeline-"))
      await writeFile(join(folder, "pipeline.yaml"), text)
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  ).pipe(Effect.map((folder) => join(folder, "pipeline.yaml")))

/** A store with its tables and a broker with its streams. */
export const startWorld = Effect.suspend(() => startWorldOf(1))

/** The same with so many partitions. */
export const startWorldOf = Effect.fnUntraced(function* (partitions: number) {
  return yield* joinWorld(yield* natsServer(), yield* startStore, partitions)
})

/** A publisher, and processors to start, on a broker and a store; `sizes` of streams where they are to be larger. */
export const joinWorld = Effect.fnUntraced(function* (
  broker: NatsServer,
  store: TestStore,
  partitions = 1,
  sizes: Readonly<Record<string, number>> = {}
) {
  const services = () =>
    Publisher.layer().pipe(
      Layer.provideMerge(Nats.layer({ servers: broker.url, name: "test" })),
      Layer.provideMerge(store.layer),
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  const context = yield* Layer.build(services())
  yield* Effect.provide(setUpStreams({ partitions, maxBytes: { ...maxBytes, ...sizes } }), context)
  const configOf = (options: ProcessorOptions) => ({
    nats: { servers: [broker.url] },
    store: { url: options.storeUrl ?? store.url, database: store.database },
    placement: options.placement,
    pipeline: options.pipeline,
    ...(options.partitions !== undefined && { partitions: options.partitions }),
    ...(options.instance !== undefined && { instance: options.instance }),
    setUp: false
  })
  /** A processor with connections of its own for the life of the scope. */
  const startProcessor = Effect.fnUntraced(function* (options: ProcessorOptions) {
    const config = yield* Schema.decodeEffect(ProcessorConfig)(configOf(options))
    const layer = Layer.merge(services(), Store.layer(config.store))
    return yield* Layer.build(Layer.provide(processorLayer(config), layer))
  })
  return { store, context, configOf, startProcessor }
})

/** Publishes frames of numbered JSON records, packed and plain by turns; record n has event time `start + n * stepMillis`. */
export const publishNumbered = Effect.fnUntraced(function* (options: {
  readonly from: number
  readonly to: number
  readonly perFrame: number
  readonly start: number
  readonly stepMillis: number
  readonly source?: string
  readonly level?: (number: number) => string
}) {
  const { from, level = () => "info", perFrame, source = "numbered", start, stepMillis, to } = options
  const publisher = yield* Publisher
  for (let first = from; first < to; first += perFrame) {
    let lines = ""
    for (let number = first; number < Math.min(to, first + perFrame); number++) {
      const ts = iso(start + number * stepMillis)
      lines += `${JSON.stringify({ ts, level: level(number), service: `s${number % 3}`, msg: `record ${number}`, number })}\n`
    }
    const header: FrameHeader = {
      layout: "lines",
      codec: "json",
      receivedMillis: start + first * stepMillis,
      attributes: {},
      resource: {}
    }
    const encoding = (first / perFrame) % 2 < 1 ? "zstd" : "none"
    const { headers, payload } = packFrame(header, encodeUtf8(lines), encoding)
    yield* publisher.publish(inputSubject("default", source), payload, { headers })
  }
})

export interface Counts {
  /** Rows, and different numbers among them. */
  readonly rows: number
  readonly numbers: number
  /** Records the rollup per minute counts. */
  readonly rollup: number
  readonly received: number
  readonly stored: number
  readonly dropped: number
  /** Records all panes of the metric `all` count, and different panes. */
  readonly panes: number
  readonly paneCount: number
}

/** Everything that has to add up, read from the store. */
export const countEverything = Effect.gen(function* () {
  const [row] = yield* read<Record<keyof Counts, string>>({
    operation: "count everything",
    sql: `SELECT
      (SELECT count() FROM logs) AS rows,
      (SELECT uniqExact(attributes['number']) FROM logs) AS numbers,
      (SELECT sum(records) FROM logs_per_minute) AS rollup,
      (SELECT sum(received) FROM ledger) AS received,
      (SELECT sum(stored) FROM ledger) AS stored,
      (SELECT sum(dropped) FROM ledger) AS dropped,
      (SELECT sum(count) FROM panes FINAL WHERE metric = 'all') AS panes,
      (SELECT count() FROM panes FINAL WHERE metric = 'all') AS paneCount`
  })
  const counts = row as Record<keyof Counts, string>
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, Number(value)])) as unknown as Counts
})

/**
 * The counts once `holds` is true of them. One statement reads its tables one after another, so the counts that make it
 * true may be of different moments: they are read again.
 */
export const countsOnce = <E, R>(counts: Effect.Effect<Counts, E, R>, holds: (now: Counts) => boolean) =>
  waitUntil(counts, holds).pipe(Effect.andThen(counts))

const iso = (millis: number): string => new Date(millis).toISOString()
