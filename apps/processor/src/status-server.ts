// StatusServer: health and metrics of a processor that runs by itself, over HTTP.
import { createServer } from "node:http"
import { browserProblem } from "@tailrace/access/browser-guard"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { statusPage, statusPaths } from "@tailrace/telemetry/status-pages"
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
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/"
    response.setHeader("x-content-type-options", "nosniff")
    const foreign = browserProblem(request.headers, doors)
    const say = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`)
    if (foreign !== undefined) {
      say(403, foreign)
      return
    }
    statusPage(path, { health, metrics }).then(
      (page) => {
        if (page === undefined) say(404, `try ${statusPaths.join(", ")}`)
        else response.writeHead(page.status, { "content-type": page.contentType }).end(page.body)
      },
      (cause) => say(500, `this cannot be told: ${cause}`)
    )
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
