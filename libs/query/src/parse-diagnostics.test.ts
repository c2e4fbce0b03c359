// Unit tests of the diagnostics: each code, its place and its fix, several at once, and what is kept of the query.
import { describe, expect, it } from "vitest"
import type { Diagnostic } from "./diagnostic.ts"
import { parseQuery } from "./parse.ts"
import { printQuery } from "./print.ts"

const fixed = (query: string, diagnostic: Diagnostic | undefined): string => {
  const fix = diagnostic?.fix
  return fix === undefined ? "" : query.slice(0, fix.from) + fix.insert + query.slice(fix.to)
}

describe("a broken query", () => {
  it.each([
    ["a AND", "missing_operand", "AND", "a"],
    ["OR b", "missing_operand", "OR", "b"],
    ["a OR AND b", "missing_operand", "OR", "a OR b"],
    ["a AND AND b", "missing_operand", "AND", "a AND b"],
    ["a || || b", "missing_operand", "||", "a OR b"],
    ["NOT", "missing_operand", "NOT", ""],
    ["level: AND b", "missing_value", "level:", "b"],
    ["a >", "missing_value", "a >", ""],
    ["(a OR b", "unclosed_paren", "(", "a OR b"],
    ["f IN (1, 2", "unclosed_paren", "(", "f IN (1, 2)"],
    ['f:"ab', "unclosed_string", '"ab', 'f:"ab"'],
    ["a) b", "stray_paren", ")", "a AND b"],
    ["a ()", "empty_group", "()", "a"],
    ["f:() a", "empty_group", "f:()", "a"],
    ["f IN () a", "empty_list", "f IN ()", "a"],
    ["f:[1 TO] a", "bad_range", "[1 TO]", "a"],
    ["f BETWEEN 1", "bad_range", " BETWEEN 1", ""],
    ['f =~ "a(b" c', "bad_regex", '"a(b"', "c"],
    ['f =~ "(?=a)"', "bad_regex", '"(?=a)"', ""],
    ["time:soon a", "bad_time", "time:soon", "a"],
    ["time:day_range[25:00,26:00) a", "bad_time", "time:day_range[25:00,26:00)", "a"],
    ["time:business_hours Mars/Olympus", "bad_time", "time:business_hours Mars/Olympus", ""],
    ["f:(a (b) c", "unexpected", "(", "(f:a OR f:b) AND c"]
  ])("%j says %s at %j and keeps %j", (query, code, place, kept) => {
    const { ast, diagnostics } = parseQuery(query)
    const found = diagnostics.find((one) => one.code === code)
    expect(found).toMatchObject({ severity: "error" })
    expect(query.slice(found?.from, found?.to)).toBe(place)
    expect(printQuery(ast).startsWith(kept)).toBe(true)
    expect(found?.message).not.toMatch(/^[A-Z][a-z]|\.$/)
  })

  it.each([
    ["(a OR b", "(a OR b)"],
    ["a )", "a "],
    ["x ()", "x "],
    ['"abc', '"abc"'],
    ["levle:error", "level:error"],
    ["salt and pepper", "salt AND pepper"]
  ])("%j is mended to %j", (query, expected) => {
    const { diagnostics } = parseQuery(query)
    expect(
      fixed(
        query,
        diagnostics.find((one) => one.fix !== undefined)
      )
    ).toBe(expected)
  })

  it("has all that is wrong reported at once", () => {
    const { ast, diagnostics } = parseQuery('(a: OR f IN () AND g =~ "(" b')
    expect(diagnostics.map((one) => one.code).sort()).toEqual([
      "bad_regex",
      "empty_list",
      "missing_value",
      "unclosed_paren"
    ])
    expect(printQuery(ast)).toBe("b")
  })
})

describe("a dubious query", () => {
  it.each([
    ["levle:error", "unknown_field"],
    ["severty:error", "unknown_field"],
    ["salt and pepper", "lowercase_keyword"],
    ["severity_number:high", "type_mismatch"],
    ["timestamp > soon", "type_mismatch"],
    ["parsed:perhaps", "type_mismatch"],
    ["severity >= loud", "type_mismatch"],
    ["*set", "leading_wildcard_slow"]
  ])("%j warns of %s and is still searched", (query, code) => {
    const { ast, diagnostics } = parseQuery(query)
    expect(diagnostics.map((one) => [one.code, one.severity])).toContainEqual([code, "warning"])
    expect(diagnostics.some((one) => one.severity === "error")).toBe(false)
    expect(ast._tag).not.toBe("All")
  })

  it("hints at nothing where a name is known or far from all", () => {
    for (const query of ["level:error", "msg:x", "status:500", "user.id:1", "http.method = GET"])
      expect(parseQuery(query).diagnostics).toEqual([])
  })
})

describe("the limits", () => {
  it.each([
    ["too_long", "a".repeat(8_193)],
    ["too_deep", `${"(".repeat(65)}a${")".repeat(65)}`],
    ["too_deep", `${"NOT ".repeat(65)}a`],
    ["too_big", "a ".repeat(1_001)],
    ["too_big", `f IN (${"1,".repeat(1_001)})`],
    ["bad_regex", `f =~ "${"a".repeat(513)}"`]
  ])("refuse with %s what is one beyond", (code, query) => {
    expect(parseQuery(query).diagnostics.map((one) => one.code)).toEqual([code])
  })

  it("allow what is just within", () => {
    for (const query of [
      "a".repeat(8_192),
      `${"(".repeat(64)}a${")".repeat(64)}`,
      "a ".repeat(1_000),
      `f IN (${"1,".repeat(1_000)})`,
      `f =~ "${"a".repeat(512)}"`
    ])
      expect(parseQuery(query).diagnostics).toEqual([])
  })
})
