// HTTP: the api's one server: GraphQL (HTTP, SSE, WebSocket), health, metrics and the start page.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { HealthShape } from "@tailrace/telemetry/health"
import type { MetricsShape } from "@tailrace/telemetry/metrics"
import { statusPage, statusPaths } from "@tailrace/telemetry/status-pages"
import type { ApiConfig } from "./config.ts"
import { type Doors, openDoors } from "./doors.ts"
import { answerGraphql } from "./graphql/over-http.ts"
import { type SocketServer, serveSockets } from "./graphql/over-socket.ts"
import { type GraphqlServer, graphqlPath } from "./graphql/server.ts"
import { startPage } from "./start-page.ts"

export interface HttpParts {
  readonly config: ApiConfig
  readonly graphql: GraphqlServer
  readonly health: HealthShape
  readonly metrics: MetricsShape
  /** Told what failed that no client is to blame for. */
  readonly failed: (doing: string, cause: unknown) => void
}

export interface ApiServer {
  readonly port: number
  /** Which users of this machine are answered, and why. */
  readonly peers: string
  readonly close: () => Promise<void>
}

/** GraphiQL comes in one page, its workers from blobs and its styles in place; nothing is loaded from elsewhere. */
const pagePolicy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data: 'self'; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** On every answer. No page of another site may frame, read or open what comes from here. */
const securityHeaders = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cache-Control", "no-store"],
  ["Content-Security-Policy", pagePolicy]
] as const

/** Requests of one connection, after which the client takes another: pipelined ones are read all at once. */
const mostRequests = 200

/** Listens; rejects with the system's error, such as EADDRINUSE. */
export const startServer = async (parts: HttpParts): Promise<ApiServer> => {
  const { config, failed, graphql } = parts
  const doors = await openDoors(config)
  const refusals = parts.metrics.counter("tailrace_api_refused_total", "What the api refused, by reason", ["reason"])
  const headersTimeout = config.limits.headerSeconds * 1_000
  const server = createServer(
    {
      headersTimeout,
      requestTimeout: headersTimeout * 3,
      connectionsCheckingInterval: Math.min(5_000, headersTimeout / 2),
      keepAliveTimeout: 30_000
    },
    (request, response) => {
      answer(parts, doors, request, response).catch((cause: unknown) => {
        // A client that left in the middle of its own request is no failure.
        if (!response.destroyed) failed(`${request.method} ${pathOf(request)}`, cause)
        if (response.headersSent) response.destroy()
        else send(response, text(500, "the api failed at this, its log says why"))
      })
    }
  )
  server.maxRequestsPerSocket = mostRequests
  // Progress in either direction counts: a stream to a slow reader lives, one to a reader that takes nothing does not.
  server.setTimeout(config.limits.stalledSeconds * 1_000)
  await listening(server, config)
  const sockets = serveSockets(graphql, {
    limits: config.limits,
    failed,
    refused: (reason) => refusals.inc({ reason })
  })
  const upgrade = upgraderOf(doors, sockets, config)
  server.on("upgrade", (request, socket, head) => {
    upgrade(request, socket, head).catch((cause: unknown) => {
      failed("the upgrade to a WebSocket", cause)
      socket.destroy()
    })
  })
  server.on("error", (cause) => failed("the api's server", cause))
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : config.port,
    peers: doors.peers,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await sockets.close()
      const cut = setTimeout(() => server.closeAllConnections(), partingMillis)
      await closed
      clearTimeout(cut)
    }
  }
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>

const upgraderOf =
  (doors: Doors, sockets: SocketServer, { limits }: ApiConfig): Upgrade =>
  async (request, socket, head) => {
    // Whoever leaves while it is judged breaks nothing but its own connection.
    const left = (): void => void socket.destroy()
    socket.on("error", left)
    const refused = await doors.refusal(request)
    if (socket.destroyed) return
    const full = "503 Service Unavailable"
    if (pathOf(request) !== graphqlPath)
      refuseUpgrade(socket, "404 Not Found", `WebSockets are answered at ${graphqlPath}`)
    else if (refused !== undefined)
      refuseUpgrade(socket, refused.status === 400 ? "400 Bad Request" : "403 Forbidden", refused.problem)
    else if (sockets.open() >= limits.subscriptions)
      refuseUpgrade(socket, full, "too many WebSockets are open: close one")
    else if (sockets.openOf(request.socket.remoteAddress ?? "") >= limits.addressSockets)
      refuseUpgrade(socket, full, "too many WebSockets of this address are open: close one")
    else {
      socket.off("error", left)
      sockets.upgrade(request, socket, head)
    }
  }

/** Requests under way when the api stops get this long. */
const partingMillis = 2_000

const listening = (server: Server, config: ApiConfig): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(config.port, config.host, () => {
      server.off("error", reject)
      resolve()
    })
  })

const answer = async (
  parts: HttpParts,
  doors: Doors,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const path = pathOf(request)
  for (const [name, value] of securityHeaders) response.setHeader(name, value)
  const refused = await doors.refusal(request)
  if (refused !== undefined) {
    // Whether the process lives is anybody's to know, for whatever watches over it; what it says of itself is not.
    const { live } = parts.health.report()
    const watched = refused.by === "user" && path === "/health/live" && request.method === "GET"
    response.setHeader("Connection", "close")
    send(response, watched ? json(live ? 200 : 503, { live }) : text(refused.status, refused.problem))
  } else if (path === graphqlPath && request.url !== graphqlPath && isForeignLink(request)) {
    // A followed link of another site opens GraphiQL without that site's query in it, and runs nothing.
    response.setHeader("Location", graphqlPath)
    send(response, text(303, `see ${graphqlPath}`))
  } else if (path === graphqlPath) await answerGraphql(parts.graphql, parts.config.limits.bodyBytes, request, response)
  else send(response, await page(parts, path, request.method ?? "GET"))
}

/** Whoever of another site gets this far followed a link: the doors let nothing else through. */
const isForeignLink = ({ headers }: IncomingMessage): boolean =>
  headers["sec-fetch-site"] === "cross-site" || headers["sec-fetch-site"] === "same-site"

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

const json = (status: number, body: unknown): Page => ({ status, type: "application/json", body: JSON.stringify(body) })
const text = (status: number, body: string): Page => ({ status, type: "text/plain", body: `${body}\n` })

/** What stands at a path other than GraphQL's. */
const page = async (parts: HttpParts, path: string, method: string): Promise<Page> => {
  if (method !== "GET" && method !== "HEAD") {
    return text(405, `${method} is not answered at ${path}: use GET, or POST ${graphqlPath}`)
  }
  if (path === "/") return { status: 200, type: "text/html", body: startPage() }
  const told = await statusPage(path, parts)
  return told === undefined
    ? text(404, `nothing is at ${path}: there are /, ${graphqlPath}, ${statusPaths.join(", ")}`)
    : { ...told, type: told.contentType }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] as string

const send = (response: ServerResponse, { body, status, type }: Page): void => {
  response.writeHead(status, {
    "Content-Type": type.includes("charset") ? type : `${type}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body)
  })
  response.end(body)
}

const refuseUpgrade = (socket: Duplex, status: string, words: string): void => {
  socket.on("error", () => socket.destroy())
  const headers = [["Connection", "close"], ["Content-Type", "text/plain; charset=utf-8"], ...securityHeaders]
  socket.end(`HTTP/1.1 ${status}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${words}\n`)
}
