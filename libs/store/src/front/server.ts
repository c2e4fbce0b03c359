// Server: the HTTP side of the store front; routes, users, origins, and every error turned into an answer.
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { exceptionText, FrontException, toException } from "./errors.ts"
import { isLoopback } from "./options.ts"
import { Answer } from "./response.ts"
import { type Front, runRequest } from "./run-request.ts"
import { authenticate } from "./users.ts"

/** Parameters of large lists stand in the URL. */
const headerBytes = 1024 * 1024

/** A server that answers once `front` is there; the port is taken before, so that a taken one is told at once. */
export const makeServer = (): Server =>
  createServer({
    maxHeaderSize: headerBytes,
    keepAliveTimeout: 30_000,
    headersTimeout: 30_000,
    requestTimeout: 600_000
  })

export const serve = (server: Server, front: Front): void => {
  server.on("request", (request, response) => {
    void handle(front, request, response)
  })
}

const handle = async (front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { engine, options } = front
  const url = URL.parse(request.url ?? "/", "http://front")
  const params = url?.searchParams ?? new URLSearchParams()
  const answer = new Answer(request, response, params, options.stallSeconds * 1_000)
  const asked = params.get("query_id") ?? ""
  response.setHeader("X-ClickHouse-Server-Display-Name", "tailrace")
  response.setHeader("X-ClickHouse-Query-Id", /^[\w.:-]{1,128}$/.test(asked) ? asked : randomUUID())
  response.setHeader("X-ClickHouse-Timezone", engine.timezone)
  try {
    if (url === null) throw new FrontException(36, "BAD_ARGUMENTS", "the address is not a URL")
    checkOrigin(request, options.host)
    if (url.pathname === "/ping" || url.pathname === "/replicas_status") return ok(answer, "Ok.\n")
    if (url.pathname !== "/" && url.pathname !== "/query") {
      throw new FrontException(36, "BAD_ARGUMENTS", `nothing is served at ${url.pathname}, send queries to /`, {
        status: 404
      })
    }
    const method = request.method ?? ""
    if (!["GET", "HEAD", "POST"].includes(method)) {
      throw new FrontException(36, "BAD_ARGUMENTS", `method ${method} is not served`, {
        status: 405,
        headers: { Allow: "GET, HEAD, POST" }
      })
    }
    const user = authenticate(request.headers, params, options.users)
    if (method !== "POST" && !params.has("query")) return ok(answer, "Ok.\n")
    await runRequest(front, request, params, user, answer)
  } catch (error) {
    refuse(request, answer, toException(error), engine.version)
  }
}

const ok = (answer: Answer, text: string): void => {
  answer.start(200, { "Content-Type": "text/html; charset=UTF-8" })
  answer.end(text)
}

/**
 * Pages of a browser must not reach a store on loopback: not from another origin, nor through a name that an attacker
 * points at 127.0.0.1.
 */
const checkOrigin = (request: IncomingMessage, listening: string): void => {
  const host = request.headers.host ?? ""
  const origin = request.headers.origin
  if (origin !== undefined && URL.parse(origin)?.host !== host) {
    throw new FrontException(497, "ACCESS_DENIED", "requests from pages of another origin are refused")
  }
  const name = host.replace(/:\d+$/, "")
  if (isLoopback(listening) && /[a-z]/i.test(name) && !name.startsWith("[") && name.toLowerCase() !== "localhost") {
    throw new FrontException(497, "ACCESS_DENIED", `host ${name.slice(0, 64)} is not this machine's loopback name`)
  }
}

const refuse = (request: IncomingMessage, answer: Answer, exception: FrontException, version: string): void => {
  // Too late for a status: a cut connection is the only honest sign left.
  if (answer.started || answer.left.aborted) {
    answer.destroy()
    return
  }
  if (!request.complete) {
    // What was not read of the body would be taken for the next request; a client that still sends must be let finish
    // for a while, or it never sees the answer.
    answer.setHeader("Connection", "close")
    request.unpipe()
    request.resume()
    const late = setTimeout(() => request.destroy(), 5_000)
    request.once("close", () => clearTimeout(late))
  }
  answer.start(exception.status, {
    "Content-Type": "text/plain; charset=UTF-8",
    "X-ClickHouse-Exception-Code": String(exception.code),
    ...exception.headers
  })
  answer.end(exceptionText(exception, version))
}
