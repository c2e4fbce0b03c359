// Routes: what stands where at the http source, behind the guard that keeps foreign pages out.
import type { IncomingMessage } from "node:http"
import type { Doors } from "@tailrace/access/browser-guard"
import type { HealthShape } from "@tailrace/telemetry/health"
import type { MetricsShape } from "@tailrace/telemetry/metrics"
import { statusPage, statusPaths } from "@tailrace/telemetry/status-pages"
import type { SourceContext } from "../source.ts"
import { type IngestLimits, ingest, type RequestTarget } from "../sources/http/ingest.ts"
import { type Answer, problem } from "./answer.ts"
import { doorProblem, permission, preflight } from "./doors.ts"
import { formProblem } from "./request-form.ts"

export interface RouteParts {
  readonly doors: Doors
  readonly limits: IngestLimits
  readonly context: SourceContext
  readonly health: HealthShape
  readonly metrics: MetricsShape
}

/** Answers one request; rejects when its body breaks off. */
export const answer = async (request: IncomingMessage, parts: RouteParts): Promise<Answer> => {
  const { context, doors, limits } = parts
  const malformed = formProblem(request)
  if (malformed !== undefined) return problem(400, malformed, { connection: "close" })
  const foreign = doorProblem(request, doors)
  if (foreign !== undefined) {
    if (request.method === "POST") context.counters.rejected(1, "foreign-page")
    return problem(403, foreign)
  }
  const target = targetOf(request.url ?? "")
  const { pathname } = target
  if (pathname !== "/ingest" && !pathname.startsWith("/ingest/")) return page(request, pathname, parts)
  const allowed = permission(request, doors)
  if (request.method === "OPTIONS" && allowed.vary !== undefined) return preflight(request, doors)
  const made =
    request.method === "POST"
      ? await ingest(request, target, context, limits)
      : problem(405, `method ${request.method} is not taken here, use POST`, { allow: "POST" })
  return { ...made, headers: { ...made.headers, ...allowed } }
}

/** The path as it was sent: without dots resolved, so that what stands in front and we mean the same by it. */
const targetOf = (url: string): RequestTarget => {
  const mark = url.indexOf("?")
  const pathname = mark < 0 ? url : url.slice(0, mark)
  return { pathname, query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) }
}

const page = async ({ method }: IncomingMessage, pathname: string, told: RouteParts): Promise<Answer> => {
  if (method !== "GET" && method !== "HEAD") {
    return statusPaths.includes(pathname)
      ? problem(405, `method ${method} is not taken here, use GET`, { allow: "GET, HEAD" })
      : notFound(pathname)
  }
  const made = await statusPage(pathname, told)
  return made === undefined
    ? notFound(pathname)
    : { status: made.status, headers: { "content-type": made.contentType }, body: made.body }
}

const notFound = (pathname: string): Answer =>
  problem(404, `nothing at ${JSON.stringify(pathname.slice(0, 100))}, POST logs to /ingest or /ingest/<source>`)
