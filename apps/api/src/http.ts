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
import { hostProblem, originProblem } from "./same-site.ts"
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

/** GraphiQL comes in one page, its workers from blobs and its styles in place; nothing is loaded from elsewhere. */
const pagePolicy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data: 'self'; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** How often a silent WebSocket is asked whether it is there; one that reads nothing for as long again is cut. */
const keepAliveMillis = 60_000
/** How long open connections may take to end in order. */
const closeMillis = 1_000

/** Listens; rejects with the system's error, such as EADDRINUSE. */
export const startServer = async (parts: HttpParts): Promise<ApiServer> => {
  const { config, graphql } = parts
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 },
    (request, response) => answer(parts, request, response)
  )
  const sockets = new WebSocketServer({ noServer: true, maxPayload: config.limits.bodyBytes })
  const running = useServer(graphql.socketOptions, sockets, keepAliveMillis)
  server.on("upgrade", (request, socket, head) => {
    const problem = upgradeProblem(request, config, sockets.clients.size)
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
      const cut = setTimeout(() => {
        for (const client of sockets.clients) client.terminate()
        server.closeAllConnections()
      }, closeMillis)
      const ended = new Promise((resolve) => server.close(resolve))
      await running.dispose()
      await ended
      clearTimeout(cut)
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
  const { config } = parts
  response.setHeader("X-Content-Type-Options", "nosniff")
  response.setHeader("Referrer-Policy", "no-referrer")
  response.setHeader("Content-Security-Policy", pagePolicy)
  const problem = hostProblem(request.headers.host, config)
  if (problem !== undefined) {
    send(response, text(403, problem))
    return
  }
  const path = pathOf(request)
  if (path !== graphqlPath) {
    void page(parts, path, request.method ?? "GET").then((one) => send(response, one))
    return
  }
  const most = config.limits.bodyBytes
  const length = Number(request.headers["content-length"] ?? 0)
  if (length > most) {
    const message = `the body has ${length} bytes, at most ${most} are allowed`
    send(response, json(413, { errors: [{ message, extensions: { code: "LIMIT" } }] }))
    return
  }
  if (request.headers["transfer-encoding"] !== undefined) boundBody(request, response, most)
  const ended = new AbortController()
  response.once("close", () => ended.abort())
  void parts.graphql.yoga(request, response, { ended: ended.signal })
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

const upgradeProblem = (request: IncomingMessage, config: ApiConfig, open: number): Refusal | undefined => {
  if (pathOf(request) !== graphqlPath) {
    return { status: "404 Not Found", words: `WebSockets are answered at ${graphqlPath}` }
  }
  const problem = hostProblem(request.headers.host, config) ?? originProblem(request.headers, config)
  if (problem !== undefined) return { status: "403 Forbidden", words: problem }
  if (open < config.limits.subscriptions) return undefined
  return { status: "503 Service Unavailable", words: `${open} WebSockets are open, which is the most: close one` }
}

const refuseUpgrade = (socket: Duplex, { status, words }: Refusal): void => {
  socket.on("error", () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${words}\n`)
}
