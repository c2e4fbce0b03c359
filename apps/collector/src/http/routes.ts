// Routes: which source takes what comes to a listener, behind the guard that keeps foreign pages out; its pages on health.
import type { IncomingMessage } from "node:http"
import type { Doors } from "@tailrace/access/browser-guard"
import type { HealthShape } from "@tailrace/telemetry/health"
import type { MetricsShape } from "@tailrace/telemetry/metrics"
import { statusPage, statusPaths } from "@tailrace/telemetry/status-pages"
import type { SourceCounters } from "../source-counters.ts"
import { type Answer, problem } from "./answer.ts"
import { doorProblem, permission, preflight } from "./doors.ts"
import { formProblem } from "./request-form.ts"

export interface RequestTarget {
  readonly pathname: string
  readonly query: URLSearchParams
}

/** A path of a source, with everything below it, to which logs are sent by POST. */
export interface Route {
  readonly path: string
  /** Its paths in words, for a sender who missed them. */
  readonly wayIn: string
  readonly counters: SourceCounters
  /** Answers one request; rejects when its body breaks off. */
  readonly take: (request: IncomingMessage, target: RequestTarget) => Promise<Answer>
}

export interface RouteParts {
  readonly doors: Doors
  readonly routes: ReadonlyArray<Route>
  /** Count what belongs to no route. */
  readonly counters: SourceCounters
  readonly health: HealthShape
  readonly metrics: MetricsShape
}

/** Answers one request; rejects when its body breaks off. */
export const answer = async (request: IncomingMessage, parts: RouteParts): Promise<Answer> => {
  const { doors } = parts
  const malformed = formProblem(request)
  if (malformed !== undefined) return problem(400, malformed, { connection: "close" })
  const target = targetOf(request.url ?? "")
  const { pathname } = target
  const route = parts.routes.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`))
  const foreign = doorProblem(request, doors)
  if (foreign !== undefined) {
    if (request.method === "POST") (route ?? parts).counters.rejected(1, "foreign-page")
    return problem(403, foreign)
  }
  if (route === undefined) return page(request, pathname, parts)
  const allowed = permission(request, doors)
  if (request.method === "OPTIONS" && allowed.vary !== undefined) return preflight(request, doors)
  const made =
    request.method === "POST"
      ? await route.take(request, target)
      : problem(405, `method ${request.method} is not taken here, use POST`, { allow: "POST" })
  return { ...made, headers: { ...made.headers, ...allowed } }
}

/** The path as it was sent: without dots resolved, so that what stands in front and we mean the same by it. */
const targetOf = (url: string): RequestTarget => {
  const mark = url.indexOf("?")
  const pathname = mark < 0 ? url : url.slice(0, mark)
  return { pathname, query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) }
}

const page = async ({ method }: IncomingMessage, pathname: string, parts: RouteParts): Promise<Answer> => {
  if (method !== "GET" && method !== "HEAD") {
    return statusPaths.includes(pathname)
      ? problem(405, `method ${method} is not taken here, use GET`, { allow: "GET, HEAD" })
      : notFound(pathname, parts)
  }
  const made = await statusPage(pathname, parts)
  return made === undefined
    ? notFound(pathname, parts)
    : { status: made.status, headers: { "content-type": made.contentType }, body: made.body }
}

const notFound = (pathname: string, { routes }: RouteParts): Answer =>
  problem(
    404,
    `nothing at ${JSON.stringify(pathname.slice(0, 100))}, POST logs to ${routes.map(({ wayIn }) => wayIn).join(" or ")}`
  )
