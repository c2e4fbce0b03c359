// http: source that takes POSTs of JSON, NDJSON and plain lines, and serves the collector's health and metrics.
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { field } from "@tailrace/domain/field"
import { Health, type HealthShape } from "@tailrace/telemetry/health"
import { Metrics, type MetricsShape } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"
import { admissionFields } from "../frames/admission.ts"
import { type Answer, json, problem, send } from "../http/answer.ts"
import { ingest } from "../http/ingest.ts"
import { CollectorError, messageOf } from "../refusal.ts"
import { defineSource, type SourceContext } from "../source.ts"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

export const HttpConfig = Schema.Struct({
  enabled: field(Schema.Boolean, true, "Whether the collector listens for HTTP."),
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on; 0.0.0.0 for all."),
  port: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })),
    4080,
    "Port to listen on; 0 for any free one."
  ),
  maxBodyBytes: field(positive, 16_777_216, "Longest body taken, bytes, as sent and after decompression."),
  maxMessageBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_194_304 })),
    1_048_576,
    "Longest message taken, bytes; a longer one is rejected."
  ),
  headersTimeoutMillis: field(positive, 10_000, "Milliseconds a client has to send its headers."),
  requestTimeoutMillis: field(positive, 60_000, "Milliseconds a client has to send its whole request."),
  ...admissionFields
})
export type HttpConfig = typeof HttpConfig.Type

export const http = defineSource({
  name: "http",
  summary:
    "Takes POSTs to /ingest and /ingest/<source> (JSON, NDJSON, lines; gzip, zstd, deflate, br) and answers once the broker has them.",
  config: HttpConfig,
  examples: [
    { title: "The default", config: {} },
    { title: "On all addresses, with small bodies", config: { host: "0.0.0.0", maxBodyBytes: 1_048_576 } }
  ],
  make: (config: HttpConfig) =>
    Effect.succeed({ name: "http", open: (context: SourceContext) => open(config, context) })
})

/** Milliseconds that requests under way have for their answer at the end. */
const closeMillis = 20_000

const open = Effect.fnUntraced(function* (config: HttpConfig, context: SourceContext) {
  const health = yield* Health
  const metrics = yield* Metrics
  const reporter = health.register("collector.http")
  const server = yield* Effect.acquireRelease(listen(config, context, health, metrics), (running) =>
    Effect.andThen(
      Effect.promise(() => close(running)),
      Effect.sync(reporter.remove)
    )
  )
  reporter.ready()
  return { port: (server.address() as AddressInfo).port }
})

const listen = (config: HttpConfig, context: SourceContext, health: HealthShape, metrics: MetricsShape) =>
  Effect.callback<Server, CollectorError>((resume) => {
    const server = createServer(
      {
        headersTimeout: config.headersTimeoutMillis,
        requestTimeout: config.requestTimeoutMillis,
        connectionsCheckingInterval: Math.min(1_000, config.headersTimeoutMillis),
        maxHeaderSize: 16_384
      },
      (request, response) => {
        const reply = (made: Answer) => {
          // At the end nobody should wait for more on this connection, nor we for the client to let go of it.
          if (!server.listening) response.setHeader("connection", "close")
          send(response, made)
        }
        answer(request, config, context, health, metrics).then(reply, (cause) => {
          // The client went away in the middle of its body, or a mistake of ours: nobody was told yes.
          context.warn(`request to ${request.url} failed: ${messageOf(cause)}`)
          reply(problem(500, `request failed: ${messageOf(cause)}`))
        })
      }
    )
    server.once("error", (cause) => {
      const message = `cannot listen for http on ${config.host}:${config.port}: ${cause.message}, free the port or set http.port`
      resume(Effect.fail(new CollectorError({ message })))
    })
    server.listen(config.port, config.host, () => resume(Effect.succeed(server)))
  })

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), closeMillis)
    // Connections become idle one after another, as their requests are answered.
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(idle)
      resolve()
    })
    server.closeIdleConnections()
  })

const answer = async (
  request: IncomingMessage,
  config: HttpConfig,
  context: SourceContext,
  health: HealthShape,
  metrics: MetricsShape
): Promise<Answer> => {
  const url = URL.parse(request.url ?? "", "http://collector")
  if (url === null) return problem(400, "request target is not a valid path")
  const { pathname } = url
  if (pathname === "/ingest" || pathname.startsWith("/ingest/")) {
    if (request.method === "POST") return ingest(request, url, context, config)
    return problem(405, `method ${request.method} is not taken here, use POST`, { allow: "POST" })
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return pages.includes(pathname)
      ? problem(405, `method ${request.method} is not taken here, use GET`, { allow: "GET, HEAD" })
      : notFound(pathname)
  }
  if (pathname === "/metrics") {
    const body = await metrics.registry.metrics()
    return { status: 200, headers: { "content-type": metrics.contentType }, body }
  }
  const report = health.report()
  if (pathname === "/health/live") return json(report.live ? 200 : 503, report)
  if (pathname === "/health/ready") return json(report.ready ? 200 : 503, report)
  return notFound(pathname)
}

const pages = ["/metrics", "/health/live", "/health/ready"]

const notFound = (pathname: string): Answer =>
  problem(404, `nothing at ${JSON.stringify(pathname.slice(0, 100))}, POST logs to /ingest or /ingest/<source>`)
