// The status server over real HTTP.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { get } from "node:http"
import { assert, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Layer } from "effect"
import { serveStatus } from "./status-server.ts"

it.live("tells readiness by status code, names what is not ready, and serves metrics", () =>
  Effect.gen(function* () {
    const port = yield* serveStatus({ host: "127.0.0.1", port: 0 })
    const get = (path: string) =>
      Effect.promise(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`)
        return { status: answer.status, text: await answer.text() }
      })
    const reporter = (yield* Health).register("pipeline.default-0")
    const metrics = yield* Metrics
    metrics.counter("tailrace_test_total", "A count").inc(3)
    assert.strictEqual((yield* get("/health/live")).status, 200)
    const starting = yield* get("/health/ready")
    assert.strictEqual(starting.status, 503)
    assert.include(starting.text, "pipeline.default-0")
    reporter.ready()
    assert.strictEqual((yield* get("/health/ready")).status, 200)
    reporter.failed("broken for good")
    assert.strictEqual((yield* get("/health/live")).status, 503)
    assert.include((yield* get("/metrics")).text, "tailrace_test_total 3")
    assert.strictEqual((yield* get("/nothing")).status, 404)
  }).pipe(Effect.provide(Layer.merge(Health.layer, Metrics.layerBare)), Effect.scoped)
)

it.live("answers under the names it is told, and no page of another site", () =>
  Effect.gen(function* () {
    const port = yield* serveStatus({ host: "127.0.0.1", port: 0, names: ["processor"] })
    const status = (headers: Record<string, string>) =>
      Effect.callback<number | undefined>((resume) => {
        get({ host: "127.0.0.1", port, path: "/health/live", headers, agent: false }, (answer) => {
          answer.resume().once("end", () => resume(Effect.succeed(answer.statusCode)))
        })
      })
    assert.strictEqual(yield* status({ host: "processor:4081" }), 200)
    assert.strictEqual(yield* status({ host: "evil.example" }), 403)
    assert.strictEqual(yield* status({ origin: "https://evil.example" }), 403)
    assert.strictEqual(yield* status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403)
  }).pipe(Effect.provide(Layer.merge(Health.layer, Metrics.layerBare)), Effect.scoped)
)

it.live("says so when the port is taken", () =>
  Effect.gen(function* () {
    const port = yield* serveStatus({ host: "127.0.0.1", port: 0 })
    const error = yield* Effect.flip(serveStatus({ host: "127.0.0.1", port }))
    assert.include(error.message, `cannot serve status at 127.0.0.1:${port}`)
  }).pipe(Effect.provide(Layer.merge(Health.layer, Metrics.layerBare)), Effect.scoped)
)
