// Listener: the one server for HTTP at an address; the protocols of sources are routes on it.
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect } from "effect"
import { CollectorError, messageOf } from "../refusal.ts"
import type { SourceCounters } from "../source-counters.ts"
import { type Answer, problem, send } from "./answer.ts"
import { doorsOf } from "./doors.ts"
import { limitConnections } from "./guests.ts"
import type { ListenerConfig } from "./listener-config.ts"
import { answer, type Route, type RouteParts } from "./routes.ts"

export interface ListenerParts {
  /** Sources whose routes stand on it; each is ready when it listens. */
  readonly names: ReadonlyArray<string>
  readonly routes: ReadonlyArray<Route>
  /** Count what belongs to no route, such as connections that find no room. */
  readonly counters: SourceCounters
  /** Writes a warning to the log. */
  readonly warn: (message: string) => void
}

/** Milliseconds that requests under way have for their answer at the end. */
const closeMillis = 20_000

/** Listens for the life of the scope and answers the port; its end takes nothing new and lets requests under way have their answer. */
export const openListener = Effect.fnUntraced(function* (config: ListenerConfig, parts: ListenerParts) {
  const health = yield* Health
  const metrics = yield* Metrics
  const reporters = parts.names.map((name) => health.register(`collector.${name}`))
  const { counters, routes, warn } = parts
  const routing = { doors: doorsOf(config), routes, counters, health, metrics, warn }
  const server = yield* Effect.acquireRelease(listen(config, routing, parts.names), (running) =>
    Effect.andThen(
      Effect.promise(() => close(running)),
      Effect.sync(() => {
        for (const reporter of reporters) reporter.remove()
      })
    )
  )
  for (const reporter of reporters) reporter.ready()
  return (server.address() as AddressInfo).port
})

interface Routing extends RouteParts {
  readonly warn: (message: string) => void
}

const listen = (config: ListenerConfig, routing: Routing, names: ReadonlyArray<string>) =>
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
        answer(request, routing).then(reply, (cause) => {
          // The client went away in the middle of its body, or a mistake of ours: nobody was told yes.
          if (!response.destroyed) routing.warn(`request to ${request.url} failed: ${messageOf(cause)}`)
          reply(problem(500, "the collector failed at this, its log says why"))
        })
      }
    )
    limitConnections(server, config, routing.counters)
    server.once("error", (cause) => {
      const place = `${config.host}:${config.port}`
      const message = `cannot listen for http on ${place}: ${cause.message}, free the port or give the source ${names.join(", ")} another`
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
