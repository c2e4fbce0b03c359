// Unit tests of completion: what is offered at the end of an unfinished query, and what it would replace.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { complete } from "./complete.ts"

const at = (query: string) => {
  const cursor = query.indexOf("|")
  const text = query.replace("|", "")
  const { from, to, slot, field, prefix, candidates } = complete(text, cursor, {
    attributes: ["status", "we ird", "msg"]
  })
  return { typed: text.slice(from, to), slot, field, prefix, inserts: candidates.map((one) => one.insert) }
}

describe("completion", () => {
  it.each([
    ["|", "", "service:"],
    ["sev|", "sev", "severity:"],
    ["le|", "le", "level:"],
    ["sta|", "sta", "status:"],
    ["`we|", "`we", "`we ird`:"],
    ["level:error AND s|", "s", "service:"],
    ["(h|", "h", "host:"],
    ["-se|", "se", "severity:"],
    ["NOT |", "", "service:"]
  ])("offers fields at %s", (query, typed, insert) => {
    const found = at(query)
    expect(found).toMatchObject({ slot: "field", typed })
    expect(found.inserts).toContain(insert)
  })

  it.each([
    ["level |", "level", ">= "],
    ["status |", "status", "IN ("],
    ["service I|", "service", "IN ("],
    ["service NOT level |", "level", ":"],
    ["msg |", "msg", 'LIKE "']
  ])("offers operators at %s", (query, field, insert) => {
    const found = at(query)
    expect(found).toMatchObject({ slot: "operator", field })
    expect(found.inserts).toContain(insert)
  })

  it.each([
    ["level:|", "level", "", ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"]],
    ["level:er|", "level", "er", ["ERROR"]],
    ["level:>=W|", "level", "W", ["WARN"]],
    ["level >= |", "level", "", ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"]],
    ["parsed = t|", "parsed", "t", ["true"]],
    ["time:1|", "time", "1", ["15m", "1h"]],
    ["service IN (api, w|", "service", "w", []],
    ['service:"a b|', "service", "a b", []],
    ["tag:(a OR b|", "tag", "b", []],
    ["status:[1 TO |", "status", "", []],
    ["status BETWEEN 1 AND |", "status", "", []],
    ["a:1 OR user:x| AND b:2", "user", "x", []]
  ])("asks for values at %s", (query, field, prefix, inserts) => {
    expect(at(query)).toMatchObject({ slot: "value", field, prefix, inserts })
  })

  it.each([
    ["level:error |"],
    ["service IN (a, b) |"],
    ["status:[1 TO 5] |"],
    ["x IS NOT NULL |"],
    ["x EXISTS |"],
    ['service:"a b" |'],
    ["status BETWEEN 1 AND 3 |"],
    ["(a:1) |"],
    ["level:error A|"]
  ])("offers connectives at %s", (query) => {
    const found = at(query)
    expect(found.slot).toBe("connective")
    expect(found.inserts).toContain("AND ")
  })

  it("answers at any cursor of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: -2, max: 40 }), (text, cursor) => {
        const { from, to } = complete(text, cursor)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(to).toBeGreaterThanOrEqual(from)
        expect(to).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 2_000 }
    )
  })
})
