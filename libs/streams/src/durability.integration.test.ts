// Durability against real brokers: three copies in a cluster of three, and what a broker alone says to that.
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { freePort } from "@tailrace/testing/free-port"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Layer } from "effect"
import { durabilityLevels } from "./durability.ts"
import { Nats } from "./nats.ts"
import { setUpStreams } from "./streams-setup.ts"

const small = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "config", "state"].map((name) => [
    name,
    1024 * 1024
  ])
)

const connect = (url: string) =>
  Layer.build(
    Nats.layer({ servers: url, name: "test" }).pipe(Layer.provide(Layer.merge(Health.layer, Metrics.layerBare)))
  )

const setUp = setUpStreams({ partitions: 1, maxBytes: small, replicas: durabilityLevels.replicated.replicas })

describe("replicated streams", () => {
  it.live("have three copies in a cluster of three brokers", () =>
    Effect.gen(function* () {
      const ports = yield* Effect.promise(() => Promise.all([freePort(), freePort(), freePort()]))
      const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(", ")
      const brokers = yield* Effect.forEach(ports, (port, i) =>
        natsServer({
          configuration: `server_name: broker-${i}\ncluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
          jetstream: "max_file: 100MB"
        })
      )
      const context = yield* connect((brokers[0] as { url: string }).url)
      yield* Effect.provide(
        waitUntil(Effect.exit(setUp), (exit) => exit._tag === "Success", { what: "the cluster taking the streams" }),
        context
      )
      const { control } = yield* Nats.pipe(Effect.provide(context))
      const manager = yield* Effect.promise(() => jetstreamManager(control))
      const raw = yield* Effect.promise(() => manager.streams.info("raw"))
      assert.strictEqual(raw.config.num_replicas, 3)
      const state = yield* Effect.promise(() => manager.streams.info("KV_state"))
      assert.strictEqual(state.config.num_replicas, 3)
    }).pipe(Effect.scoped)
  )

  it.live("are refused by a broker alone, with what to do", () =>
    Effect.gen(function* () {
      const broker = yield* natsServer()
      const context = yield* connect(broker.url)
      const error = yield* Effect.flip(Effect.provide(setUp, context))
      assert.match(error.message, /stream raw cannot be replicated: .*, add brokers .* or choose another durability/)
    }).pipe(Effect.scoped)
  )
})
