// Sources on listeners with real sockets: several protocols on one, and two of one kind on their own.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { freePort } from "@tailrace/testing/free-port"
import { Effect, Layer, Schema } from "effect"
import { testIntake } from "./frames/intake.harness.ts"
import { json } from "./http/answer.ts"
import { openSources } from "./open-sources.ts"
import type { HttpSource } from "./source.ts"
import { HttpConfig, http } from "./sources/http.ts"

const services = Layer.merge(Health.layer, Metrics.layerBare)
const made = (config: typeof HttpConfig.Encoded) => http.make(Schema.decodeSync(HttpConfig)(config))

const post = (port: number | undefined, path: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { "content-type": "text/plain", ...headers },
      body: "one\n"
    })
    return { status: answer.status, text: await answer.text() }
  })

describe("sources on listeners", () => {
  it.live("stand as routes on one where their address is the same, behind one guard and with one health", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const first = yield* made({ port: yield* Effect.promise(freePort) })
      const second: HttpSource = {
        ...first,
        name: "second",
        paths: ["/second"],
        routes: ({ counters }) => [
          { path: "/second", wayIn: "/second", counters, take: async (_, at) => json(200, { at: at.pathname }) }
        ]
      }
      const listening = yield* openSources([first, second], ({ name }) => world.context(name))
      const port = listening.http?.port
      assert.strictEqual(listening.second?.port, port)
      assert.strictEqual((yield* post(port, "/ingest")).status, 202)
      assert.deepStrictEqual(yield* post(port, "/second/a"), { status: 200, text: '{"at":"/second/a"}\n' })
      assert.include((yield* post(port, "/secondly")).text, "POST logs to /ingest or /ingest/<source> or /second")
      assert.strictEqual((yield* post(port, "/second", { origin: "https://evil.example" })).status, 403)
      const counted = yield* Effect.promise(() => world.metrics.registry.metrics())
      assert.include(counted, 'tailrace_collector_rejected_total{source="second",reason="foreign-page"} 1')
      const { components, ready } = (yield* Health).report()
      assert.isTrue(ready)
      assert.deepStrictEqual(
        components.map(({ component }) => component),
        ["collector.http", "collector.second"]
      )
    }).pipe(Effect.provide(services), Effect.scoped)
  )

  it.live("of one kind listen on their own ports, and count under their own names", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const both = yield* Effect.all([made({ port: 0 }), made({ port: 0, name: "edge", maxBodyBytes: 2 })])
      const listening = yield* openSources(both, ({ name }) => world.context(name))
      assert.notStrictEqual(listening.http?.port, listening.edge?.port)
      assert.strictEqual((yield* post(listening.http?.port, "/ingest")).status, 202)
      assert.strictEqual((yield* post(listening.edge?.port, "/ingest")).status, 413)
      const counted = yield* Effect.promise(() => world.metrics.registry.metrics())
      assert.include(counted, 'tailrace_collector_messages_total{source="http"} 1')
      assert.include(counted, 'tailrace_collector_messages_total{source="edge"} 0')
    }).pipe(Effect.provide(services), Effect.scoped)
  )
})
