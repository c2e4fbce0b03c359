// Tests of the status pages: when they say yes, and what they are not.
import { assert, it } from "@effect/vitest"
import { makeHealth } from "./health.ts"
import { makeMetrics } from "./metrics.ts"
import { statusPage, statusPaths } from "./status-pages.ts"

const parts = () => ({ health: makeHealth(() => 0), metrics: makeMetrics({ processMetrics: false }) })

it("is ready when every component is, lives until one has failed for good, and names it", async () => {
  const told = parts()
  const status = async (path: string) => (await statusPage(path, told))?.status
  const reporter = told.health.register("pipeline.0")
  assert.deepStrictEqual([await status("/health/live"), await status("/health/ready")], [200, 503])
  assert.include((await statusPage("/health/ready", told))?.body, '"pipeline.0"')
  reporter.ready()
  assert.deepStrictEqual([await status("/health/live"), await status("/health/ready")], [200, 200])
  reporter.failed("broken for good")
  assert.deepStrictEqual([await status("/health/live"), await status("/health/ready")], [503, 503])
})

it("serves the metrics in Prometheus' format, and nothing at other paths", async () => {
  const told = parts()
  told.metrics.counter("tailrace_test_total", "A count").inc(3)
  const page = await statusPage("/metrics", told)
  assert.include(page?.body, "tailrace_test_total 3")
  assert.match(page?.contentType ?? "", /^text\/plain/)
  assert.isUndefined(await statusPage("/health", told))
  for (const path of statusPaths) assert.isDefined(await statusPage(path, told))
})
