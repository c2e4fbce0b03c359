// Tests of the codec raw.
import { describe, expect, it } from "vitest"
import { recordOf } from "../records-of.ts"

describe("raw", () => {
  it("takes any message as it is, unparsed", () => {
    const text = '{"level":"error"} 2026-01-19T10:30:00Z'
    expect(recordOf(text, { codec: "raw" })).toMatchObject({
      body: text,
      parsed: false,
      severityNumber: 0,
      attributes: {}
    })
  })
})
