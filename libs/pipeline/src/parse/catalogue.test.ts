// Tests of the codecs' catalogue: configurations and examples.
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { codecNames, codecs } from "./catalogue.ts"
import { ParseConfig } from "./parse-config.ts"
import { recordOf } from "./records-of.ts"

describe("catalogue of codecs", () => {
  it.each(codecs.map((codec) => [codec.name, codec] as const))("%s says what it does, in one sentence", (_, codec) => {
    expect(codec.summary).toMatch(/^[A-Z].*\.$/)
  })

  it.each(codecs.map((codec) => [codec.name, codec] as const))(
    "%s has examples that decode, and defaults for all",
    (_, codec) => {
      expect(codec.examples.length).toBeGreaterThan(0)
      const decode = Schema.decodeUnknownSync(codec.config as Schema.Codec<object>)
      for (const { config } of codec.examples) expect(decode(config)).toMatchObject(config as object)
      expect(decode({})).toBeTypeOf("object")
    }
  )

  it("names every codec that the stage's configuration and a frame's header may name", () => {
    for (const codec of codecNames) {
      expect(Schema.decodeUnknownSync(ParseConfig)({ codec }).codec).toBe(codec)
      expect(recordOf("plain text", { codec }).body).toBe("plain text")
    }
  })

  it("refuses configurations that make no sense, naming the key", () => {
    const wrong = [
      { codec: "klingon" },
      { zone: "Middle/Earth" },
      { maximumFuture: "soon" },
      { oldest: "long ago" },
      { json: { depth: 0 } }
    ]
    for (const config of wrong) {
      expect(() => Schema.decodeUnknownSync(ParseConfig)(config)).toThrow(Object.keys(config)[0])
    }
  })
})
