// Metrics: get or create, labels, gauges read at scrape, registries apart from each other.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeMetrics } from "./metrics.ts"

describe("Metrics", () => {
  it.effect("gives the same metric for the same name and prints it", () =>
    Effect.gen(function* () {
      const metrics = makeMetrics({ processMetrics: false })
      metrics.counter("rows_total", "Rows", ["sink"]).inc({ sink: "clickhouse" }, 5)
      metrics.counter("rows_total", "Rows", ["sink"]).inc({ sink: "clickhouse" }, 2)
      metrics.gauge("depth", "Depth").set(3)
      metrics.histogram("insert_seconds", "Inserts", ["table"]).observe({ table: "logs" }, 0.02)
      const text = yield* metrics.text
      assert.include(text, 'rows_total{sink="clickhouse"} 7')
      assert.include(text, "depth 3")
      assert.include(text, 'insert_seconds_bucket{le="0.025",table="logs"} 1')
      assert.include(text, "# HELP rows_total Rows")
    })
  )

  it.effect("reads a gauge at each scrape, by the last reader given", () =>
    Effect.gen(function* () {
      const metrics = makeMetrics({ processMetrics: false })
      let bytes = 1
      metrics.gaugeFrom("bytes", "Bytes", () => bytes)
      bytes = 2
      assert.include(yield* metrics.text, "bytes 2")
      metrics.gaugeFrom("bytes", "Bytes", () => 40)
      assert.include(yield* metrics.text, "bytes 40")
    })
  )

  it.effect("keeps registries apart and adds the process' figures when asked", () =>
    Effect.gen(function* () {
      const one = makeMetrics({ processMetrics: true })
      const other = makeMetrics({ processMetrics: false })
      one.counter("rows_total", "Rows").inc()
      assert.include(yield* one.text, "process_cpu_user_seconds_total")
      assert.strictEqual((yield* other.text).trim(), "")
    })
  )
})
