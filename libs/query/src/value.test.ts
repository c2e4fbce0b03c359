// Unit tests of literals: numbers, units, escapes and wildcards.
import { describe, expect, it } from "vitest"
import { durationMillis, numberFor, quoteText, wordValue } from "./value.ts"

describe("a literal", () => {
  it.each([
    ["500", 500, undefined],
    ["-3.5", -3.5, undefined],
    ["1e3", 1_000, undefined],
    ["1.5s", 1_500, "duration"],
    ["250ms", 250, "duration"],
    ["2us", 0.002, "duration"],
    ["1w", 604_800_000, "duration"],
    ["2kb", 2_000, "bytes"],
    ["1KiB", 1_024, "bytes"],
    ["1.5gb", 1.5e9, "bytes"]
  ])("%s is the number %d (%s)", (raw, number, unit) => {
    const value = wordValue(raw, 0)
    expect(value.number).toBe(number)
    expect(value.unit).toBe(unit)
    expect(value.text).toBe(raw)
  })

  it.each(["abc", "1x", "0x10", "+5", ".5", "5.", "inf", "nan", "1e400", "", "1.2.3", "10:30"])(
    "%s is no number",
    (raw) => expect(wordValue(raw, 0).number).toBeUndefined()
  )

  it("is a pattern where a wildcard stands free", () => {
    expect(wordValue("a*b?", 0).pattern).toEqual([{ literal: "a" }, "any", { literal: "b" }, "one"])
    expect(wordValue("a**", 0).pattern).toEqual([{ literal: "a" }, "any"])
    expect(wordValue("a\\*\\?\\\\", 0)).toMatchObject({ text: "a*?\\" })
    expect(wordValue("a\\*", 0).pattern).toBeUndefined()
  })

  it("means a duration in the unit that ends the field's name, else in milliseconds", () => {
    const second = wordValue("1.5s", 0)
    expect(numberFor("duration", second)).toBe(1_500)
    expect(numberFor("duration_ms", second)).toBe(1_500)
    expect(numberFor("took_s", second)).toBe(1.5)
    expect(numberFor("http.seconds", second)).toBe(1.5)
    expect(numberFor("duration_ns", second)).toBe(1_500_000_000)
    expect(numberFor("status", wordValue("15", 0))).toBe(15)
  })
})

describe("texts and numbers", () => {
  it("read durations and nothing else as durations", () => {
    expect(durationMillis("15m")).toBe(900_000)
    expect(durationMillis("15")).toBeUndefined()
    expect(durationMillis("15kb")).toBeUndefined()
  })

  it("are quoted so that they read back", () => {
    expect(quoteText('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"')
  })
})
