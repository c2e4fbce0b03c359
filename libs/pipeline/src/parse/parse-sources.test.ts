// Tests of codecs by source: which codec reads a frame.
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { ParseConfig } from "./parse-config.ts"
import { makeStage, recordOf } from "./records-of.ts"

const stage = makeStage({
  codec: "raw",
  sources: { shop: "grok", table: "csv", any: "auto" },
  grok: { patterns: ["^%{WORD:verb} %{INT:number}$"] },
  csv: { columns: ["a", "b"] }
})

describe("codecs by source", () => {
  it.each([
    ["shop", "get 7", { verb: "get", number: "7" }],
    ["table", "1,2", { a: "1", b: "2" }],
    ["any", "a=1 b=2", { a: "1", b: "2" }],
    ["other", "a=1 b=2", {}]
  ])("read frames of %s that name no codec", (source, text, attributes) => {
    expect({ ...recordOf(text, { source }, stage).attributes }).toEqual(attributes)
  })

  it("give way to the codec that a frame names, and stand in for one that nobody knows", () => {
    expect({ ...recordOf("a=1 b=2", { source: "shop", codec: "logfmt" }, stage).attributes }).toEqual({
      a: "1",
      b: "2"
    })
    expect(recordOf("get 7", { source: "shop", codec: "klingon" }, stage).attributes.verb).toBe("get")
  })

  it("are refused when there is no such codec, naming the source", () => {
    expect(() => Schema.decodeUnknownSync(ParseConfig)({ sources: { shop: "klingon" } })).toThrow("shop")
  })
})
