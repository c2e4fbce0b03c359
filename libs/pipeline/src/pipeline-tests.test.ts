// Tests of the runner of pipeline tests, and the examples' own tests.
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { catalogues } from "./catalogues.harness.ts"
import { reportText, runPipelineTests, runTestsAt } from "./pipeline-tests.ts"

const examples = join(import.meta.dirname, "../../../examples")

describe("examples", () => {
  it.effect("pass their own tests", () =>
    Effect.gen(function* () {
      const results = yield* runTestsAt(catalogues, examples)
      expect(results.filter(({ problems }) => problems.length > 0)).toEqual([])
      expect(results.length).toBeGreaterThan(5)
    })
  )
})

const pipeline = (tests: string) => `
parse: { codec: json }
filter: [{ type: drop, name: noise, when: "level:debug" }]
metrics: [{ type: count, name: all, size: 10s }]
tests:
${tests}`

describe("runPipelineTests", () => {
  it.effect("says what differs, field by field", () =>
    Effect.gen(function* () {
      const results = yield* runPipelineTests(
        catalogues,
        "p.yaml",
        pipeline(`
  - name: differs
    input: [{ text: '{"level":"error","msg":"a"}' }]
    rows: [{ body: b, severity: ERROR, nothing: x }, { body: c }]
    dropped: { noise: 1 }
    panes: [{ metric: all, value: 7 }]`)
      )
      const problems = results[0]?.problems.join("\n") ?? ""
      expect(problems).toContain('row 1: body: expected "b", got "a"')
      expect(problems).toContain('row 1: nothing: expected "x", got nothing')
      expect(problems).toContain('row 2: expected {"body":"c"}, got none')
      expect(problems).toContain("dropped by noise: expected 1, got 0")
      expect(problems).toContain('pane {"metric":"all","value":7} is missing')
      expect(problems).not.toContain("severity")
      expect(reportText(results)).toContain("0 passed, 1 failed")
    })
  )

  it.effect("fails rows that were not expected", () =>
    Effect.gen(function* () {
      const results = yield* runPipelineTests(
        catalogues,
        "p.yaml",
        pipeline(`
  - name: none
    input: [{ text: '{"msg":"a"}' }]
    rows: []`)
      )
      expect(results[0]?.problems[0]).toContain("row too many")
    })
  )

  it.effect("reports a pipeline that is wrong with line and column", () =>
    Effect.gen(function* () {
      const results = yield* runPipelineTests(
        catalogues,
        "p.yaml",
        "filter:\n  - { type: drop, name: x, when: '(a' }\n"
      )
      expect(results[0]?.problems[0]).toMatch(/^2:\d+ filter\.0\.when: /)
    })
  )
})
