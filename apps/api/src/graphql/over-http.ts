// GraphQL over HTTP: one request in, one response or a stream of events out, at the reader's pace.
import type { IncomingMessage, ServerResponse } from "node:http"
import { readBounded } from "@tailrace/access/bounded-body"
import { apiError, type ErrorCode } from "../questions/failure.ts"
import { callerOf } from "../reads/caller.ts"
import type { GraphqlServer } from "./server.ts"

interface Refusal {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
}

/** Types that a foreign page can send without asking, and those of other servers, are none of these. */
const bodyTypes: ReadonlySet<string> = new Set(["application/json", "application/graphql+json"])

/** Answers one request on GraphQL's path. Resolves when the response has ended, in whichever way. */
export const answerGraphql = async (
  { yoga }: GraphqlServer,
  most: number,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  const method = request.method ?? "GET"
  const body = method === "GET" || method === "HEAD" || method === "OPTIONS" ? undefined : await bodyOf(request, most)
  if (body !== undefined && "code" in body) return refuse(request, response, body)
  const answer = await yoga.fetch(
    new yoga.fetchAPI.Request(`http://tailrace${request.url ?? "/"}`, {
      // What HEAD answers is what GET would, without its body.
      method: method === "HEAD" ? "GET" : method,
      headers: headersOf(request),
      signal: gone.signal,
      ...(body === undefined ? {} : { body: new Uint8Array(body.bytes) })
    }),
    { ended: gone.signal, caller: callerOf(request.socket) }
  )
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body === null) response.end()
  else await send(answer.body, response, method === "HEAD")
}

/** The whole body, or why it is not taken. */
const bodyOf = async (request: IncomingMessage, most: number): Promise<{ readonly bytes: Buffer } | Refusal> => {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
  if (!bodyTypes.has(type)) {
    const message = `the body is ${type === "" ? "of no type" : JSON.stringify(type.slice(0, 80))}: send application/json`
    return { status: 415, code: "BAD_INPUT", message }
  }
  const tooLarge: Refusal = { status: 413, code: "LIMIT", message: `the body is larger than ${most} bytes` }
  if (Number(request.headers["content-length"] ?? 0) > most) return tooLarge
  const read = await readBounded(request, { maxBytes: most })
  if ("pieces" in read) return { bytes: Buffer.concat(read.pieces) }
  return read.problem === "crumbs"
    ? { ...tooLarge, message: "the body comes in chunks of a few bytes, send it in larger ones" }
    : tooLarge
}

const refuse = (request: IncomingMessage, response: ServerResponse, { code, message, status }: Refusal): void => {
  const body = JSON.stringify({ errors: [apiError(code, message)] })
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", Connection: "close" })
  response.end(body, () => request.destroy())
}

const headersOf = (request: IncomingMessage): Headers => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string") headers.set(name, value)
  }
  return headers
}

/** Pulls the next chunk when the last is on its way; a reader that leaves ends the source. */
const send = async (source: ReadableStream<Uint8Array>, response: ServerResponse, headOnly: boolean): Promise<void> => {
  const reader = source.getReader()
  let wake = (): void => {}
  const cancel = (): void => {
    reader.cancel().catch(() => undefined)
    wake()
  }
  response.on("drain", () => wake())
  response.once("close", cancel)
  if (headOnly || response.destroyed) cancel()
  for (;;) {
    const { done, value } = await reader.read()
    if (done || response.destroyed) break
    if (!response.write(value)) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  response.end()
}
