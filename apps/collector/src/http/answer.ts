// Answer: what the http source says to a request, and how refusals of the intake read as status codes.
import type { ServerResponse } from "node:http"
import type { Refusal } from "../refusal.ts"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: `${JSON.stringify(value)}\n`
})

/** An answer with `{"error": message}`. 429 and 503 say when to try again. */
export const problem = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  json(status, { error: message }, status === 429 || status === 503 ? { "retry-after": "1", ...headers } : headers)

/** full and busy: 429. too-large: 413. Everything else is an outage: 503. Nothing refused was told yes. */
export const refused = (refusal: Refusal): Answer => {
  const again = "nothing is lost if you send it again"
  if (refusal.reason === "too-large") return problem(413, refusal.message)
  if (refusal.reason === "full" || refusal.reason === "busy") return problem(429, `${refusal.message}, ${again}`)
  return problem(503, `${refusal.message}, ${again}`)
}

export const send = (response: ServerResponse, answer: Answer): void => {
  if (response.headersSent || response.destroyed) return
  response.setHeader("x-content-type-options", "nosniff")
  const length = answer.status === 204 ? {} : { "content-length": Buffer.byteLength(answer.body) }
  response.writeHead(answer.status, { ...answer.headers, ...length })
  response.end(answer.body)
}
