// HTTP: the api's one server: GraphQL (HTTP, SSE, WebSocket), health, metrics and the start page.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { HealthShape } from "@tailrace/telemetry/health"
import type { MetricsShape } from "@tailrace/telemetry/metrics"
import { Effect } from "effect"
import { useServer } from "graphql-ws/use/ws"
import { WebSocketServer } from "ws"
import type { ApiConfig } from "./config.ts"
import { type GraphqlServer, graphqlPath } from "./graphql/server.ts"
import { startPage } from "./start-page.ts"

export interface HttpParts {
  readonly config: ApiConfig
  readonly graphql: GraphqlServer
  readonly health: HealthShape
  readonly metrics: MetricsShape
}

export interface ApiServer {
  readonly port: number
  readonly close: () => Promise<void>
}

/** Sent with pages; GraphiQL builds its workers from blobs and its styles in place. */
const pagePolicy =
  "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data: 'self'; font-src data: 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Listens; rejects with the system's error, such as EADDRINUSE. */
export const startServer = async (parts: HttpParts): Promise<ApiServer> => {
  const { config, graphql } = parts
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 },
    (request, response) => answer(parts, request, response)
  )
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.limits.bodyBytes,
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false)
  })
  const running = useServer(graphql.socketOptions, sockets)
  server.on("upgrade", (request, socket, head) => {
    const problem = upgradeProblem(request, config)
    if (problem !== undefined) {
      refuseUpgrade(socket, problem)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request))
  })
  await listening(server, config)
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : config.port,
    close: async () => {
      await running.dispose()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

const listening = (server: Server, config: ApiConfig): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(config.port, config.host, () => {
      server.off("error", reject)
      resolve()
    })
  })

const answer = (parts: HttpParts, request: IncomingMessage, response: ServerResponse): void => {
  const path = pathOf(request)
  response.setHeader("X-Content-Type-Options", "nosniff")
  response.setHeader("Referrer-Policy", "no-referrer")
  response.setHeader("Content-Security-Policy", pagePolicy)
  if (path !== graphqlPath) {
    void page(parts, path, request.method ?? "GET").then((one) => send(response, one))
    return
  }
  const most = parts.config.limits.bodyBytes
  const length = Number(request.headers["content-length"] ?? 0)
  if (length > most) {
    const message = `the body has ${length} bytes, at most ${most} are allowed`
    send(response, json(413, { errors: [{ message, extensions: { code: "LIMIT" } }] }))
    return
  }
  if (request.headers["transfer-encoding"] !== undefined) boundBody(request, response, most)
  void parts.graphql.yoga(request, response)
}

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
  switch (path) {
    case "/":
      return { status: 200, type: "text/html", body: startPage() }
    case "/health/live": {
      const report = parts.health.report()
      return json(report.live ? 200 : 503, report)
    }
    case "/health/ready": {
      const report = parts.health.report()
      return json(report.ready && report.live ? 200 : 503, report)
    }
    case "/metrics":
      return { status: 200, type: parts.metrics.contentType, body: await Effect.runPromise(parts.metrics.text) }
    default:
      return text(404, `nothing is at ${path}: there are /, ${graphqlPath}, /health/live, /health/ready and /metrics`)
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] as string

const send = (response: ServerResponse, { body, status, type }: Page): void => {
  response.writeHead(status, {
    "Content-Type": type.includes("charset") ? type : `${type}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body)
  })
  response.end(body)
}

/** Ends a chunked request that grows beyond the bound. */
const boundBody = (request: IncomingMessage, response: ServerResponse, most: number): void => {
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > most) response.destroy()
  })
}

interface Refusal {
  readonly status: string
  readonly words: string
}

/** Browsers send the page's origin and do not hide WebSockets from other sites' pages, so it is checked here. */
const upgradeProblem = (request: IncomingMessage, config: ApiConfig): Refusal | undefined => {
  if (pathOf(request) !== graphqlPath) {
    return { status: "404 Not Found", words: `WebSockets are answered at ${graphqlPath}` }
  }
  const { origin } = request.headers
  if (origin === undefined || config.origins.includes(origin)) return undefined
  if (URL.canParse(origin) && new URL(origin).host === request.headers.host) return undefined
  return {
    status: "403 Forbidden",
    words: "pages of this origin may not connect: list it under origins in the api's configuration"
  }
}

const refuseUpgrade = (socket: Duplex, { status, words }: Refusal): void => {
  socket.on("error", () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${words}\n`)
}
