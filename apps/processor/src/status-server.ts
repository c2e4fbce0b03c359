// StatusServer: health and metrics of a processor that runs by itself, over HTTP.
import { createServer, type ServerResponse } from "node:http"
import { browserProblem } from "@tailrace/access/browser-guard"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"

/** The port is taken or may not be opened. */
export class StatusServerError extends Schema.TaggedError<StatusServerError>()("StatusServerError", {
  message: Schema.String
}) {}

export interface StatusAddress {
  readonly host: string
  readonly port: number
  /** Host names it is reached by, besides localhost and any address. */
  readonly names?: ReadonlyArray<string>
  /** Origins of other sites whose pages are answered. */
  readonly origins?: ReadonlyArray<string>
}

/**
 * Serves /health/live, /health/ready (200, or 503 with the components that are not) and /metrics for the life of the
 * scope, to no page of another site; answers the port, which the system chooses when 0 is asked for.
 */
export const serveStatus = Effect.fnUntraced(function* (address: StatusAddress) {
  const { host, names = [], origins = [] } = address
  const doors = { listener: "the processor", names: [host, ...names], origins }
  const health = yield* Health
  const metrics = yield* Metrics
  const context = yield* Effect.context<never>()
  const json = (response: ServerResponse, good: boolean, body: unknown) =>
    response.writeHead(good ? 200 : 503, { "content-type": "application/json" }).end(JSON.stringify(body))
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0]
    response.setHeader("x-content-type-options", "nosniff")
    const foreign = browserProblem(request.headers, doors)
    if (foreign !== undefined) response.writeHead(403, { "content-type": "text/plain" }).end(`${foreign}\n`)
    else if (path === "/health/live") {
      const report = health.report()
      json(response, report.live, report)
    } else if (path === "/health/ready") {
      const report = health.report()
      json(response, report.live && report.ready, report)
    } else if (path === "/metrics") {
      const text = Effect.runPromiseWith(context)(metrics.text)
      text.then(
        (body) => response.writeHead(200, { "content-type": metrics.contentType }).end(body),
        () => response.writeHead(500).end()
      )
    } else
      response.writeHead(404, { "content-type": "text/plain" }).end("try /health/live, /health/ready or /metrics\n")
  })
  return yield* Effect.acquireRelease(
    Effect.callback<number, StatusServerError>((resume) => {
      server.once("error", (cause) =>
        resume(
          Effect.fail(
            new StatusServerError({
              message: `cannot serve status at ${address.host}:${address.port}: ${cause.message}, choose another port`
            })
          )
        )
      )
      server.listen(address.port, address.host, () => {
        const bound = server.address()
        resume(Effect.succeed(typeof bound === "object" && bound !== null ? bound.port : address.port))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
})
