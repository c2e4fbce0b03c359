// Doors: which pages may use the http source from a browser, and the permission they are given.
import type { IncomingMessage } from "node:http"
import { browserProblem, type Doors } from "@tailrace/access/browser-guard"
import type { Answer } from "./answer.ts"

export const doorsOf = (config: {
  readonly host: string
  readonly names: ReadonlyArray<string>
  readonly origins: ReadonlyArray<string>
}): Doors => ({ listener: "the collector", names: [config.host, ...config.names], origins: config.origins })

/** Why a request of a browser is not answered, in words for its sender; undefined when it is. */
export const doorProblem = ({ headers, method }: IncomingMessage, doors: Doors): string | undefined => {
  // A link that is followed shows a page. What is sent on the way, as by a form, is a foreign page's and no link.
  const seen = method === "GET" || method === "HEAD" ? headers : { ...headers, "sec-fetch-mode": undefined }
  return browserProblem(seen, doors)
}

/** Headers that let a page of a listed origin read the answer; none for everybody else. Never with credentials. */
export const permission = ({ headers }: IncomingMessage, { origins }: Doors): Readonly<Record<string, string>> =>
  headers.origin !== undefined && origins.includes(headers.origin)
    ? { "access-control-allow-origin": headers.origin, vary: "origin" }
    : {}

/** The answer to a page of a listed origin that asks what it may send. */
export const preflight = (request: IncomingMessage, doors: Doors): Answer => ({
  status: 204,
  headers: {
    ...permission(request, doors),
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, content-encoding, idempotency-key, x-tailrace-tenant",
    "access-control-max-age": "600",
    ...(request.headers["access-control-request-private-network"] === "true"
      ? { "access-control-allow-private-network": "true" }
      : {})
  },
  body: ""
})
