// http: source that takes POSTs of JSON, NDJSON and plain lines, and serves the collector's health and metrics.
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { field } from "@tailrace/domain/field"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"
import { admissionFields } from "../frames/admission.ts"
import { type Answer, problem, send } from "../http/answer.ts"
import { doorsOf } from "../http/doors.ts"
import { limitConnections } from "../http/guests.ts"
import { Permits } from "../http/permits.ts"
import { answer, type RouteParts } from "../http/routes.ts"
import { CollectorError, messageOf } from "../refusal.ts"
import { defineSource, type SourceContext } from "../source.ts"
import { Turns } from "../turns.ts"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

export const HttpConfig = Schema.Struct({
  enabled: field(Schema.Boolean, true, "Whether the collector listens for HTTP."),
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on; 0.0.0.0 for all."),
  port: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })),
    4080,
    "Port to listen on; 0 for any free one."
  ),
  names: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Host names it is reached by, without port, besides localhost and any address: another name is refused, since a foreign page may be behind it."
  ),
  origins: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Origins of other sites whose pages may send logs from a browser."
  ),
  maxBodyBytes: field(positive, 16_777_216, "Longest body taken, bytes, as sent and after decompression."),
  maxMessageBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_194_304 })),
    1_048_576,
    "Longest message taken, bytes; a longer one is rejected."
  ),
  maxItems: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })),
    262_144,
    "Most messages of one body, right or wrong; a body with more is refused as a whole, with 413."
  ),
  maxDecompressions: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 })),
    4,
    "Bodies decompressed at once; some hundred more wait, and further ones are told 503."
  ),
  maxConnections: field(
    positive,
    16_384,
    "Connections at once. A further one takes the place of the one that has been without a request longest, or is closed when all have one under way."
  ),
  maxConnectionsPerAddress: field(positive, 12_288, "The same for the connections of one address."),
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

/** Compressed bodies that wait for those in front of them. */
const waitingDecompressions = 256

/** Milliseconds that requests under way have for their answer at the end. */
const closeMillis = 20_000

const open = Effect.fnUntraced(function* (config: HttpConfig, context: SourceContext) {
  const health = yield* Health
  const metrics = yield* Metrics
  const reporter = health.register("collector.http")
  const decompressions = new Permits(config.maxDecompressions, waitingDecompressions)
  const limits = { ...config, decompressions, turns: new Turns() }
  const parts = { doors: doorsOf(config), limits, context, health, metrics }
  const server = yield* Effect.acquireRelease(listen(config, parts), (running) =>
    Effect.andThen(
      Effect.promise(() => close(running)),
      Effect.sync(reporter.remove)
    )
  )
  reporter.ready()
  return { port: (server.address() as AddressInfo).port }
})

const listen = (config: HttpConfig, parts: RouteParts) =>
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
        answer(request, parts).then(reply, (cause) => {
          // The client went away in the middle of its body, or a mistake of ours: nobody was told yes.
          if (!response.destroyed) parts.context.warn(`request to ${request.url} failed: ${messageOf(cause)}`)
          reply(problem(500, "the collector failed at this, its log says why"))
        })
      }
    )
    limitConnections(server, config, parts.context.counters)
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
