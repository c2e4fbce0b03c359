// Server: the HTTP side of the store front; routes, users, origins, and every error turned into an answer.
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { browserProblem } from "@tailrace/access/browser-guard"
import type { FrontUser } from "@tailrace/store/front/options"
import { denied, exceptionText, FrontException, toException, withoutFolders } from "./errors.ts"
import { Answer } from "./response.ts"
import { type Front, foldersOf, runRequest } from "./run-request.ts"
import { authenticate } from "./users.ts"

/** Parameters of large lists stand in the URL. */
const headerBytes = 1024 * 1024

/** Far more than all processes of the product keep. */
const mostConnections = 1_024

/**
 * A server for a front that is still opening: the port is taken first, so that a taken one is told at once, and until
 * `serve` whoever asks is told to come back.
 */
export const makeServer = (): Server => {
  const server = createServer({
    maxHeaderSize: headerBytes,
    keepAliveTimeout: 30_000,
    headersTimeout: 30_000,
    requestTimeout: 600_000
  })
  server.maxConnections = mostConnections
  server.on("request", opening)
  return server
}

const opening = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume()
  response.writeHead(503, { "Content-Type": "text/plain; charset=UTF-8", "Retry-After": "1", Connection: "close" })
  response.end("the store is opening its data, try again in a second\n")
}

export const serve = (server: Server, front: Front): void => {
  server.off("request", opening)
  server.on("request", (request, response) => {
    void handle(front, request, response)
  })
}

const handle = async (front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { engine, options } = front
  const url = URL.parse(request.url ?? "/", "http://front")
  const params = url?.searchParams ?? new URLSearchParams()
  const answer = new Answer(request, response, params, options.stallSeconds * 1_000)
  let user: FrontUser | undefined
  try {
    keepBrowsersOut(request, options.names)
    if (url === null) throw new FrontException(36, "BAD_ARGUMENTS", "the address is not a URL")
    if (url.pathname === "/ping" || url.pathname === "/replicas_status") return ok(answer, "Ok.\n")
    user = authenticate(request.headers, params, options.users)
    nameAnswer(response, params, engine.timezone)
    checkAddress(request, url)
    if (request.method !== "POST" && !params.has("query")) return ok(answer, "Ok.\n")
    await runRequest(front, request, params, user, answer)
  } catch (error) {
    const exception = toException(error)
    if (user === undefined) refuse(request, answer, exception, undefined)
    else
      refuse(request, answer, user.readOnly ? withoutFolders(exception, foldersOf(front)) : exception, engine.version)
  }
}

const nameAnswer = (response: ServerResponse, params: URLSearchParams, timezone: string): void => {
  const asked = params.get("query_id") ?? ""
  response.setHeader("X-ClickHouse-Server-Display-Name", "tailrace")
  response.setHeader("X-ClickHouse-Query-Id", /^[\w.:-]{1,128}$/.test(asked) ? asked : randomUUID())
  response.setHeader("X-ClickHouse-Timezone", timezone)
}

const checkAddress = (request: IncomingMessage, { pathname }: URL): void => {
  if (pathname !== "/" && pathname !== "/query") {
    throw new FrontException(36, "BAD_ARGUMENTS", `nothing is served at ${pathname}, send queries to /`, {
      status: 404
    })
  }
  const method = request.method ?? ""
  if (["GET", "HEAD", "POST"].includes(method)) return
  throw new FrontException(36, "BAD_ARGUMENTS", `method ${method} is not served`, {
    status: 405,
    headers: { Allow: "GET, HEAD, POST" }
  })
}

const ok = (answer: Answer, text: string): void => {
  answer.start(200, { "Content-Type": "text/html; charset=UTF-8" })
  answer.end(text)
}

/** Links are refused too, which the guard would let pass: what they ask for runs, whoever sees the answer. */
const keepBrowsersOut = ({ headers }: IncomingMessage, names: ReadonlyArray<string>): void => {
  const problem = browserProblem(headers, { listener: "the store", names, origins: [] })
  if (problem !== undefined) throw denied(problem)
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "none" && site !== "same-origin") {
    throw denied("pages of other sites may not use the store")
  }
}

const refuse = (
  request: IncomingMessage,
  answer: Answer,
  exception: FrontException,
  version: string | undefined
): void => {
  // Too late for a status: a cut connection is the only honest sign left.
  if (answer.started || answer.left.aborted) {
    answer.destroy()
    return
  }
  const tell = (): void => {
    answer.start(exception.status, {
      "Content-Type": "text/plain; charset=UTF-8",
      "X-ClickHouse-Exception-Code": String(exception.code),
      ...exception.headers
    })
    answer.end(exceptionText(exception, version))
  }
  if (request.complete) tell()
  else afterBody(request, answer, tell, version === undefined ? strangerBounds : knownBounds)
}

interface Bounds {
  readonly millis: number
  readonly bytes: number
}

/** How long and how much a client that is refused may go on sending. */
const knownBounds: Bounds = { millis: 5_000, bytes: Number.POSITIVE_INFINITY }
const strangerBounds: Bounds = { millis: 1_000, bytes: 256 * 1024 }

/**
 * Tells a client that still sends its refusal when it has finished, or after a while. Told at once, the connection would
 * close while it writes, and it would never see the answer. The rest of the body must not be taken for the next request.
 */
const afterBody = (request: IncomingMessage, answer: Answer, tell: () => void, { millis, bytes }: Bounds): void => {
  answer.setHeader("Connection", "close")
  let seen = 0
  const count = (chunk: Buffer): void => {
    seen += chunk.length
    if (seen <= bytes) return
    finish()
    request.pause()
  }
  const finish = (): void => {
    clearTimeout(late)
    request.off("end", finish)
    request.off("data", count)
    tell()
  }
  const late = setTimeout(finish, millis)
  request.once("end", finish)
  request.once("close", () => clearTimeout(late))
  request.unpipe()
  request.on("data", count)
  request.resume()
}
