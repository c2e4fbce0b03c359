// A broker for tests of this library: a real nats-server, a publisher on it, and the manager of its streams.
import { jetstreamManager } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { Effect, Layer } from "effect"
import { Nats } from "./nats.ts"
import { Publisher, type PublisherOptions } from "./publisher.ts"

/** Lives as long as the scope; `context` holds what the library's effects need. */
export const connectedBroker = Effect.fnUntraced(function* (publisherOptions: PublisherOptions = {}) {
  const server = yield* natsServer()
  const context = yield* Layer.build(
    Publisher.layer(publisherOptions).pipe(
      Layer.provideMerge(Nats.layer({ servers: server.url, name: "test" })),
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  )
  const { control } = yield* Nats.pipe(Effect.provide(context))
  const publisher = yield* Publisher.pipe(Effect.provide(context))
  const manager = yield* Effect.promise(() => jetstreamManager(control))
  return { server, context, control, publisher, manager }
})
