// Tests of what is said about the difference between two pipeline files.
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { catalogues } from "./catalogues.harness.ts"
import { readPipeline } from "./pipeline.ts"
import { differences } from "./pipeline-diff.ts"

const configOf = (text: string) => {
  const result = Effect.runSync(readPipeline(catalogues, text))
  if (!("pipeline" in result)) throw new Error(result.problems.map(({ message }) => message).join("\n"))
  return result.pipeline.config
}
const between = (before: string, after: string) => differences(configOf(before), configOf(after))

describe("differences", () => {
  it("finds none where only words, order of keys or tests differ", () => {
    expect(between("name: a\nparse: { codec: json }", "# now with a comment\nparse:\n  codec: json\nname: a")).toEqual(
      []
    )
    expect(between("name: a", 'name: a\ntests: [{ name: "one", input: [{ text: "x" }] }]')).toEqual([])
  })

  it("names what was added, removed and changed, and what that means for its state", () => {
    const before = `
filter: [{ type: drop, name: noise, when: "severity = debug" }, { type: drop, name: old, when: "severity = info" }]
metrics: [{ type: count, name: all, size: 10s }, { type: count, name: gone, size: 10s }]
detectors: [{ type: zscore, metric: all }]
`
    const after = `
filter: [{ type: drop, name: noise, when: "severity = trace" }, { type: drop, name: new, when: "severity = warn" }]
enrich: [{ type: static, fields: { team: a } }]
metrics: [{ type: count, name: all, size: 1m }]
detectors: [{ type: zscore, metric: all, threshold: 9 }]
batch: { maxRows: 100 }
`
    expect(between(before, after)).toEqual([
      'filter "new" added',
      'filter "old" removed',
      'filter "noise" changed',
      "enrichment static added",
      'metric "gone" removed: its open windows are not closed any more',
      'metric "all" changed: its open windows start anew',
      'detector zscore of "all" changed: it learns anew',
      "batch changed"
    ])
  })

  it("says when filters stand in another order", () => {
    const one = '{ type: drop, name: one, when: "severity = debug" }'
    const two = '{ type: drop, name: two, when: "severity = info" }'
    expect(between(`filter: [${one}, ${two}]`, `filter: [${two}, ${one}]`)).toEqual(["filter in another order"])
  })
})
