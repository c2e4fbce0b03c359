// OTLP export against a real HTTP receiver.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { otlpLayer } from "./otlp.ts"

const receiver = Effect.acquireRelease(
  Effect.promise(async () => {
    const requests: Array<{ readonly path: string; readonly body: string }> = []
    const server = createServer(async (request, response) => {
      let body = ""
      for await (const chunk of request) body += chunk
      requests.push({ path: request.url ?? "", body })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { requests, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }),
  ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
)

describe("OTLP export", () => {
  it.live("sends logs and spans to the configured receiver at the latest when it ends", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* receiver
      yield* Effect.logInfo("pipeline started").pipe(
        Effect.withSpan("start"),
        Effect.provide(otlpLayer({ url, serviceName: "processor" }))
      )
      const bodyOf = (path: string) => requests.find((request) => request.path === path)?.body ?? ""
      assert.include(bodyOf("/v1/logs"), "pipeline started")
      assert.include(bodyOf("/v1/logs"), "processor")
      assert.include(bodyOf("/v1/traces"), "start")
    }).pipe(Effect.scoped)
  )

  it("does nothing without a URL", () => {
    assert.strictEqual(otlpLayer({ url: undefined, serviceName: "api" }), Layer.empty)
    assert.strictEqual(otlpLayer({ url: "", serviceName: "api" }), Layer.empty)
  })
})
