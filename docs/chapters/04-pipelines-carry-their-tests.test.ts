// Chapter 4: pipelines carry their tests. What a pipeline file says, and how it is tried without broker and store.
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { readPipeline } from "@tailrace/pipeline/pipeline"
import { catalogues } from "@tailrace/processor/pipelines"
import { Effect } from "effect"
import { problemText } from "../../libs/config/src/config-decode.ts"
import { reportText, runPipelineTests, runTestsAt } from "../../libs/pipeline/src/pipeline-tests.ts"

// A pipeline file is YAML. Stages stand in the order records pass them: parse, filter, enrich, then the metrics and
// detectors that watch what is left, then the sinks. Under `tests` stands what the pipeline should do: bytes in; rows,
// drops, panes and anomalies out. Tests run on a clock of their own, so they take no time and depend on none.
const pipeline = `
name: orders
parse: { codec: json }
filter:
  - { type: drop, name: health-checks, when: "path:/health*" }
enrich:
  - { type: rename, from: app, to: service }
  - { type: derive, field: seconds, value: "duration_ms / 1000" }
metrics:
  - { type: count, name: orders, by: [service], size: 10s, lateness: 0ms }
tests:
  - name: health checks are left out, durations become seconds, orders are counted
    now: 2026-03-01T12:00:05Z
    input:
      - source: web
        text: |
          {"ts":"2026-03-01T12:00:01Z","app":"shop","path":"/orders","duration_ms":1500}
          {"ts":"2026-03-01T12:00:02Z","app":"shop","path":"/health/live","duration_ms":1}
    rows:
      - { service: shop, path: /orders, seconds: 1.5 }
    dropped: { health-checks: 1 }
    panes:
      - { metric: orders, key: { service: shop }, start: 2026-03-01T12:00:00Z, value: 1 }
`

describe("a pipeline", () => {
  it.effect("is tried by its own tests", () =>
    Effect.gen(function* () {
      const results = yield* runPipelineTests(catalogues, "orders.yaml", pipeline)
      assert.strictEqual(
        reportText(results),
        "ok   orders.yaml: health checks are left out, durations become seconds, orders are counted\n1 passed, 0 failed"
      )
    })
  )

  it.effect("whose test expects something else is told what came instead", () =>
    Effect.gen(function* () {
      const [result] = yield* runPipelineTests(
        catalogues,
        "orders.yaml",
        pipeline.replace("seconds: 1.5", "seconds: 2")
      )
      assert.deepStrictEqual(result?.problems, ['row 1: seconds: expected 2, got "1.5"'])
    })
  )

  it.effect("that is wrong says where and what, everything at once", () =>
    Effect.gen(function* () {
      const wrong = `
filter:
  - { type: dorp, name: noise, when: "level:debug" }
  - { type: drop, name: broken, when: "level:" }
metrics:
  - { type: count, name: errors, size: 10 }
sinks:
  - { type: clickhouse, tabel: logs }
`
      const result = yield* readPipeline(catalogues, wrong)
      const problems = "problems" in result ? result.problems.map(problemText) : []
      // Line and column of the value, its path, what is expected.
      assert.strictEqual(problems.length, 4)
      assert.match(problems[0] ?? "", /^3:\d+ filter\.0\.type: no type "dorp", there are drop, keep, sample$/)
      assert.match(problems[1] ?? "", /^4:\d+ filter\.1\.when: /)
      assert.match(problems[2] ?? "", /^6:\d+ metrics\.0\.size: /)
      assert.match(problems[3] ?? "", /^8:\d+ sinks\.0/)
    })
  )

  // The files under examples/ are pipelines to copy from. Each carries tests, and this runs them all, as
  // `tailrace test examples` does.
  it.effect("from the examples does what its tests say", () =>
    Effect.gen(function* () {
      const results = yield* runTestsAt(catalogues, join(import.meta.dirname, "../../examples"))
      assert.isAbove(results.length, 0)
      assert.deepStrictEqual(
        results.filter(({ problems }) => problems.length > 0),
        []
      )
    })
  )
})
