// Tests of the codec auto: detection, memory and its way out.
import { describe, expect, it } from "vitest"
import { makeStage, recordOf, recordsOf } from "../records-of.ts"

const samples = {
  json: '{"level":"error","message":"m"}',
  syslog: "<34>Oct 11 22:14:15 mymachine su: m",
  clf: '192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1',
  application: "2026-01-19 10:30:00 ERROR [Component] m",
  logfmt: "level=error msg=m code=1"
}

describe("auto", () => {
  it.each(Object.entries(samples))("detects %s from one message", (codec, text) => {
    const stage = makeStage()
    expect(recordOf(text, {}, stage).parsed).toBe(true)
    expect(stage.detectedCodec("default", "test")).toBe(codec)
  })

  it("reads a source of mixed messages line by line", () => {
    const lines = Object.values(samples)
    const records = recordsOf([...lines, "no form at all", ...lines].join("\n"))
    expect(records.map(({ parsed }) => parsed)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      true,
      true,
      true,
      true,
      true
    ])
    expect(records.slice(6).map(({ body }) => body)).toEqual(["m", "m", samples.clf, "m", "m"])
  })

  it("leaves its codec when another has read enough messages in a row", () => {
    const stage = makeStage({ auto: { switchAfter: 3 } })
    recordsOf(
      `${samples.json}\n${samples.clf}\n${samples.clf}\n${samples.json}\n${samples.clf}\n${samples.clf}`,
      {},
      stage
    )
    expect(stage.detectedCodec("default", "test")).toBe("json")
    recordsOf(samples.clf, {}, stage)
    expect(stage.detectedCodec("default", "test")).toBe("clf")
  })

  it("does not forget a codec over lines that nothing can read", () => {
    const stage = makeStage()
    recordsOf(`${samples.application}\n${"\tat java.lang.Thread.run\n".repeat(50)}`, {}, stage)
    expect(stage.detectedCodec("default", "test")).toBe("application")
  })

  it("remembers sources apart, and only so many of them", () => {
    const stage = makeStage({ auto: { rememberedSources: 2 } })
    recordsOf(samples.json, { source: "a" }, stage)
    recordsOf(samples.clf, { source: "b" }, stage)
    recordsOf(samples.json, { source: "a" }, stage)
    recordsOf(samples.logfmt, { source: "c" }, stage)
    expect(["a", "b", "c"].map((source) => stage.detectedCodec("default", source))).toEqual([
      "json",
      undefined,
      "logfmt"
    ])
  })

  it("does not take prose with an equals sign for logfmt", () => {
    expect(recordOf("x=1 y=2 is what the user typed into the form").parsed).toBe(false)
    expect(recordOf("a=b").parsed).toBe(false)
  })
})
