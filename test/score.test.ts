// Tests of the score: what passes, what is said of what does not, and that a record's missing words are noticed.
import { describe, expect, it } from "vitest"
import { missingWords } from "../libs/pipeline/src/parse/missing-words.ts"
import { recordOf } from "../libs/pipeline/src/parse/records-of.ts"
import { compared, percent, tallies } from "../scripts/score/suite.ts"

describe("score", () => {
  it("passes a case whose figures are all as wanted, and names those that are not", () => {
    expect(compared("a", "kind", [["time", 1, 1]]).problem).toBeUndefined()
    const pairs = [
      ["time", 1, 1],
      ["body", "x", "y"]
    ] as const
    expect(compared("a", "kind", pairs).problem).toBe('body: want "x", got "y"')
  })

  it("counts by kind", () => {
    const verdicts = [
      { id: "1", kind: "b", problem: undefined },
      { id: "2", kind: "a", problem: "wrong" },
      { id: "3", kind: "b", problem: "wrong" }
    ]
    expect(tallies(verdicts)).toEqual([
      { kind: "a", cases: 1, passed: 0 },
      { kind: "b", cases: 2, passed: 1 }
    ])
    expect(percent({ cases: 3, passed: 1 })).toBe("33.3")
  })

  it("notices a word that no part of the record holds, and none where time and level are columns", () => {
    const record = recordOf("2026-01-19 10:30:00 ERROR [Component] message")
    expect(missingWords("2026-01-19 10:30:00 ERROR [Component] message", record)).toEqual([])
    expect(missingWords("2026-01-19 10:30:00 ERROR [Component] lost message", record)).toEqual(["lost"])
  })
})
