// Nats against a real nats-server: credentials, absent and late brokers, health and metrics over a restart.
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { freePort } from "@tailrace/testing/free-port"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { makeNats, type NatsOptions } from "./nats.ts"

const services = Layer.build(Layer.merge(Health.layer, Metrics.layerBare))

const start = Effect.fnUntraced(function* () {
  const context = yield* services
  const health = yield* Health.pipe(Effect.provide(context))
  const metrics = yield* Metrics.pipe(Effect.provide(context))
  const open = (options: Omit<NatsOptions, "name">) =>
    makeNats({ ...options, name: "test" }).pipe(Effect.provide(context))
  return { health, metrics, open }
})

describe("Nats", () => {
  it.live("opens two connections and reports them ready", () =>
    Effect.gen(function* () {
      const server = yield* natsServer()
      const { health, open } = yield* start()
      const { data, control } = yield* open({ servers: server.url })
      assert.notStrictEqual(data.info?.client_id, control.info?.client_id)
      assert.deepStrictEqual(
        health.report().components.map((one) => `${one.component} ${one.state}`),
        ["nats.control ready", "nats.data ready"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("refuses to go on with wrong credentials, and never prints them", () =>
    Effect.gen(function* () {
      const server = yield* natsServer({ configuration: "authorization { token: right }" })
      const { open } = yield* start()
      const error = yield* Effect.flip(open({ servers: server.url, token: Redacted.make("wr0ng") }))
      assert.strictEqual(error.reason, "refused")
      assert.notInclude(error.message, "wr0ng")
      yield* open({ servers: server.url, token: Redacted.make("right") })
    }).pipe(Effect.scoped)
  )

  it.live("says unreachable at once when told not to wait", () =>
    Effect.gen(function* () {
      const { open } = yield* start()
      const port = yield* Effect.promise(freePort)
      const error = yield* Effect.flip(open({ servers: `127.0.0.1:${port}`, waitOnFirstConnect: false }))
      assert.strictEqual(error.reason, "unreachable")
    }).pipe(Effect.scoped)
  )

  it.live("waits for a broker that comes late, and counts reconnections", () =>
    Effect.gen(function* () {
      const server = yield* natsServer()
      yield* Effect.promise(() => server.stop())
      const { health, metrics, open } = yield* start()
      const opening = yield* Effect.forkScoped(open({ servers: server.url }))
      yield* waitUntil(Effect.sync(health.report), (report) =>
        report.components.some((one) => one.reason.includes("cannot connect"))
      )
      yield* Effect.promise(() => server.start())
      yield* Fiber.join(opening)
      yield* Effect.promise(() => server.restart())
      yield* waitUntil(metrics.text, (text) => text.includes('tailrace_nats_reconnects_total{connection="data"} 1'))
      yield* waitUntil(Effect.sync(health.report), (report) => report.ready)
    }).pipe(Effect.scoped)
  )
})
