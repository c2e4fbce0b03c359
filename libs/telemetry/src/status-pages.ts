// Status pages: what every process tells over HTTP of itself: whether it lives, whether it is ready, its metrics.
import type { HealthShape } from "./health.ts"
import type { MetricsShape } from "./metrics.ts"

export interface StatusPage {
  readonly status: 200 | 503
  readonly contentType: string
  readonly body: string
}

/** Where they are. */
export const statusPaths: ReadonlyArray<string> = ["/health/live", "/health/ready", "/metrics"]

/**
 * The page at a path; undefined when it is none of `statusPaths`. /health/live is 503 once a component has failed for good,
 * /health/ready while any is not ready; both name the components. Rejects when a metric cannot be read.
 */
export const statusPage = async (
  path: string,
  { health, metrics }: { readonly health: HealthShape; readonly metrics: MetricsShape }
): Promise<StatusPage | undefined> => {
  switch (path) {
    case "/health/live":
    case "/health/ready": {
      const report = health.report()
      const good = report.live && (path === "/health/live" || report.ready)
      return { status: good ? 200 : 503, contentType: "application/json", body: `${JSON.stringify(report)}\n` }
    }
    case "/metrics":
      return { status: 200, contentType: metrics.contentType, body: await metrics.registry.metrics() }
    default:
      return undefined
  }
}
