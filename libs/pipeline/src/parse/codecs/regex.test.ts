// Tests of the codec regex.
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { ParseConfig } from "../parse-config.ts"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

const stageOf = (...patterns: ReadonlyArray<string>) => makeStage({ codec: "regex", regex: { patterns } })

describe("regex", () => {
  it("fills fields from named groups of either spelling", () => {
    const stage = stageOf("^(?P<time>\\S+) \\[(?P<level>[A-Z]+)\\] (?<service>[^:]+): (?P<message>.*)$")
    const record = recordOf("2026-11-20T14:22:01Z [WARN] cart: slow", {}, stage)
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.000000000")
    expect(record).toMatchObject({ parsed: true, severity: "WARN", service: "cart", body: "slow", attributes: {} })
  })

  it("keeps what no pattern is found in, and takes the first that is", () => {
    const stage = stageOf("^a(?P<x>\\d)$", "(?P<y>\\d\\d)")
    expect({ ...recordOf("a1", {}, stage).attributes }).toEqual({ x: "1" })
    expect({ ...recordOf("z12", {}, stage).attributes }).toEqual({ y: "12" })
    expect(recordOf("none", {}, stage)).toMatchObject({ parsed: false, body: "none" })
  })

  it("knows edges of text, of lines and of words as RE2 does", () => {
    const options = { layout: "single" } as const
    expect(recordOf("a\nb=1", options, stageOf("^b=(?P<x>.)$")).parsed).toBe(false)
    expect(recordOf("a\nb=1", options, stageOf("(?m)^b=(?P<x>.)$")).attributes.x).toBe("1")
    expect(recordOf("a\nb", options, stageOf("a(?P<x>.)b")).parsed).toBe(false)
    expect(recordOf("a\nb", options, stageOf("(?s)a(?P<x>.)b")).attributes.x).toBe("\n")
  })

  it("refuses what has no linear time, with its number and position", () => {
    const decode = () => Schema.decodeUnknownSync(ParseConfig)({ regex: { patterns: ["a", "(a)\\1"] } })
    expect(decode).toThrow("patterns[1]: a reference to what a group took")
    expect(decode).toThrow("(character 4)")
  })
})
