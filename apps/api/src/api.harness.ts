// Api harness: an api between a real broker and a real store, and what a processor would have put into them, for tests.

import type { PeerRule } from "@tailrace/access/peer-owner"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { Store } from "@tailrace/store/store"
import { insertLogs } from "@tailrace/store/write/insert-logs"
import { openLiveOutlet } from "@tailrace/streams/live"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { startStore } from "@tailrace/testing/store"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { ApiConfig, type ApiLimits } from "./config.ts"
import { Api, apiLayer } from "./layer.ts"

export interface WorldOptions {
  readonly limits?: Partial<ApiLimits>
  readonly origins?: ReadonlyArray<string>
  readonly introspection?: boolean
  readonly host?: string
  readonly names?: ReadonlyArray<string>
  readonly peers?: PeerRule
  /** Where the store answers instead of a real one. */
  readonly storeUrl?: string
}

/** An api on a free port with all that it stands on, for the life of the scope. */
export const startWorld = Effect.fnUntraced(function* (options: WorldOptions = {}) {
  const { storeUrl, ...settings } = options
  const broker = yield* natsServer()
  const store = storeUrl === undefined ? yield* startStore : { url: storeUrl, database: "tailrace" }
  const config = yield* Schema.decodeEffect(ApiConfig)({ port: 0, ...settings })
  const services = Publisher.layer().pipe(
    Layer.provideMerge(Nats.layer({ servers: broker.url, name: "test" })),
    Layer.provideMerge(Store.layer(store)),
    Layer.provideMerge(Layer.mergeAll(Health.layer, Metrics.layerBare))
  )
  const context = yield* Layer.build(Layer.provideMerge(apiLayer(config), services))
  const { url } = yield* Effect.provide(Api, context)
  let batches = 0

  /** Stores one batch of one frame per sequence. */
  const run = Effect.runPromiseWith(context)
  const insert = (batch: LogBatch): Promise<void> =>
    run(insertLogs(batch, { ingestedAt: 1_795_249_860_000 + ++batches, attempt: 1 }))
  // What a test stores without showing it is not missing to tails that are open.
  const outlet = yield* Effect.provide(openLiveOutlet, context)
  const publish = (batch: LogBatch): void => void outlet.publish(batch.partition, encodeBatch(batch), 0)
  /** Stores a batch, then shows it to live tails, as a processor does. */
  const show = async (batch: LogBatch): Promise<void> => {
    await insert(batch)
    publish(batch)
  }
  /** Live tails, as the metrics tell. */
  const tails = async (): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/^tailrace_api_tails (\d+)$/m.exec(text)?.[1])
  }
  return {
    url,
    socketUrl: `${url.replace("http", "ws")}/graphql`,
    broker,
    context,
    insert,
    publish,
    show,
    tails,
    tailsBecome: (count: number) =>
      waitFor(tails, (open) => open === count, { what: `${count} live tails`, timeoutMillis: 15_000 }),
    ask: (query: string, variables: Record<string, unknown> = {}) => ask(url, query, variables)
  }
})
export type World = Effect.Success<ReturnType<typeof startWorld>>

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the schema promises
  readonly data: any
  readonly errors?: ReadonlyArray<{
    readonly message: string
    readonly path?: ReadonlyArray<string | number>
    readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }>
    // biome-ignore lint/suspicious/noExplicitAny: tests read what each code carries
    readonly extensions?: any
  }>
}

const ask = async (url: string, query: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables })
  })
  return (await response.json()) as Answer
}

export type Row = Parameters<LogBatch["appendRecord"]>[0]

/** A batch of one frame per entry: sequences count up from `sequence`. */
export const batchOf = (
  at: { readonly partition?: number; readonly sequence: number; readonly tenant?: string },
  frames: ReadonlyArray<ReadonlyArray<Row>>
): LogBatch => {
  const batch = LogBatch.make({ partition: at.partition ?? 0 })
  frames.forEach((rows, index) => {
    batch.beginFrame({
      sequence: at.sequence + index,
      tenant: at.tenant ?? "default",
      source: "http",
      receivedMillis: Date.now()
    })
    for (const row of rows) batch.appendRecord(row)
  })
  return batch
}
