// Unit tests of the parser: every form of the grammar, precedence, and what makes a word a word.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseQuery } from "./parse.ts"
import { printQuery } from "./print.ts"

/** The canonical text of a query that must be without errors. */
const canonical = (query: string): string => {
  const { ast, diagnostics } = parseQuery(query)
  expect(diagnostics.filter((one) => one.severity === "error")).toEqual([])
  return printQuery(ast)
}

describe("a query", () => {
  it.each([
    ["", ""],
    ["   \n", ""],
    ["timeout", "timeout"],
    ["connection reset", "connection AND reset"],
    ['"connection reset"', '"connection reset"'],
    ["a:1 b:2 OR c:3", "a:1 AND b:2 OR c:3"],
    ["a:1 OR b:2 AND c:3", "a:1 OR b:2 AND c:3"],
    ["(a:1 OR b:2) AND c:3", "(a:1 OR b:2) AND c:3"],
    ["NOT a:1 AND b:2", "NOT a:1 AND b:2"],
    ["NOT (a:1 AND b:2)", "NOT (a:1 AND b:2)"],
    ["-a:1 !b:2", "NOT a:1 AND NOT b:2"],
    ["a:1 && b:2 || c:3", "a:1 AND b:2 OR c:3"],
    ["((a:1))", "a:1"],
    ["NOT NOT a:1", "NOT NOT a:1"]
  ])("%j binds as %j", (query, expected) => expect(canonical(query)).toBe(expected))

  it.each([
    ["level:error", "level:error"],
    ["status:>=500", "status >= 500"],
    ["status:[400 TO 499]", "status:[400 TO 499]"],
    ["status:{400 TO *}", "status:{400 TO *}"],
    ["level:(error OR warn)", "level:error OR level:warn"],
    ["level:(error, warn)", "level:error OR level:warn"],
    ["tag:(a AND b)", "tag:a AND tag:b"],
    ["f:*", "f IS NOT NULL"],
    ["f = 1", "f = 1"],
    ["f=x", "f = x"],
    ["f != x", "NOT f = x"],
    ["f <> x", "NOT f = x"],
    ["f IN (1, two, 'th ree')", "f IN (1, two, 'th ree')"],
    ["f NOT IN (1)", "NOT f IN (1)"],
    ["f LIKE '%x_'", 'f LIKE "%x_"'],
    ["f NOT ILIKE '%x'", 'NOT f ILIKE "%x"'],
    ["f BETWEEN 1 AND 5", "f:[1 TO 5]"],
    ["f NOT BETWEEN 1 AND 5 OR x", "NOT f:[1 TO 5] OR x"],
    ['f =~ "a.*b"', 'f =~ "a.*b"'],
    ['f !~ "a|b"', 'NOT f =~ "a|b"'],
    ["f IS NULL", "NOT f IS NOT NULL"],
    ["f IS NOT NULL", "f IS NOT NULL"],
    ["f EXISTS", "f IS NOT NULL"],
    ["f NOT EXISTS", "NOT f IS NOT NULL"],
    ["EXISTS(f)", "f IS NOT NULL"],
    ["`we ird`:1", "`we ird`:1"],
    ["time:15m", "time:15m"],
    ["time:[2026-11-01T00:00Z TO now-1h]", "time:[2026-11-01T00:00Z TO now-1h]"],
    ["time:day_range[22:00,06:00) Europe/Berlin", "time:day_range[22:00,06:00) Europe/Berlin"],
    ["time:week_range[mon,friday]", "time:week_range[Mon,Fri] UTC"],
    ["time:business_hours", "time:business_hours UTC"]
  ])("understands %s", (query, expected) => expect(canonical(query)).toBe(expected))

  it.each([
    ["http://x/y?z", "http://x/y?z"],
    ["10:30:00", "10:30:00"],
    ["path:/api/v1/*", "path:/api/v1/*"],
    ["id:a-b-c", "id:a-b-c"],
    ["url:http://x:80/a=b", "url:http://x:80/a=b"],
    ["not found in cache", "\\not AND found AND in AND cache"],
    ["salt and pepper", "salt AND \\and AND pepper"],
    ["IN like is NULL between", "IN AND like AND is AND NULL AND between"],
    ["a:1 and b:2 or not c:3", "a:1 AND b:2 OR NOT c:3"],
    ["user-agent:curl*", "user-agent:curl*"],
    ["100% done", "100% AND done"],
    ["🎉 größe:3", "🎉 AND größe:3"]
  ])("lexes %j as %j", (query, expected) => expect(canonical(query)).toBe(expected))

  it("keeps stars literal in quotes and behind a backslash", () => {
    const value = (query: string) => {
      const { ast } = parseQuery(query)
      return ast._tag === "Match" ? ast.value : undefined
    }
    expect(value("f:a*b")?.pattern).toEqual([{ literal: "a" }, "any", { literal: "b" }])
    expect(value('f:"a*b"')?.pattern).toBeUndefined()
    expect(value("f:a\\*b")?.pattern).toBeUndefined()
    expect(value("f:a\\*b")?.text).toBe("a*b")
    expect(value('f:"a\\"b\\n"')?.text).toBe('a"b\n')
  })

  it("keeps the backslash of an escaped wildcard in a LIKE pattern", () => {
    const pattern = (query: string) => {
      const { ast } = parseQuery(query)
      return ast._tag === "Like" ? ast.pattern : undefined
    }
    expect(pattern('f LIKE "100\\%"')).toBe("100\\%")
    expect(pattern('f LIKE "a\\"b%"')).toBe('a"b%')
    expect(pattern('f LIKE "a\\\\%"')).toBe("a\\%")
  })

  it("reads a lone surrogate as the replacement character it would be stored as", () => {
    expect(canonical("a\ud800b")).toBe("a\ufffdb")
  })

  it("never throws and always answers a tree with positions inside the text", () => {
    const piece = fc.constantFrom(
      ..."AND OR NOT and or not ( ) \" ' ` \\ * ? : = != > < =~ [ ] { } TO IN LIKE IS NULL EXISTS BETWEEN".split(" "),
      ...["time:", "day_range[", "level", "foo", ",", "-", "!", "&&", "||", "1", "5m", "now", "é", "\0", " ", "\ud800"]
    )
    const query = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 16 }).map((all) => all.join(""))
    )
    fc.assert(
      fc.property(query, (text) => {
        const { ast, diagnostics } = parseQuery(text)
        expect(ast._tag).toBeTypeOf("string")
        for (const { from, to } of diagnostics) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(to).toBeGreaterThanOrEqual(from)
          expect(to).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 10_000 }
    )
  })
})
