// Tests of the definitions of grok's names: all are there, all compile, and none costs more than its states at every byte.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { builtinDefinitions } from "./builtin-definitions.ts"
import { compileGrok } from "./grok.ts"
import type { PatternSearch } from "./pattern-search.ts"

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

const fieldsOf = (search: PatternSearch, text: string): Readonly<Record<string, string>> | undefined => {
  const bytes = bytesOf(text)
  if (!search.search(bytes, 0, bytes.length)) return undefined
  const { slots } = search
  const pairs = search.program.fields.map(({ name }, index) => [
    name,
    Buffer.from(bytes.subarray(slots[2 * index], slots[2 * index + 1])).toString()
  ])
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""))
}

describe.each([
  ["legacy", 317],
  ["ecs", 361]
] as const)("the definitions with %s names", (names, count) => {
  it(`are ${count}, and all compile`, () => {
    const definitions = builtinDefinitions(names)
    expect(definitions.size).toBe(count)
    for (const name of definitions.keys()) expect(() => compileGrok(`%{${name}}`, { names }), name).not.toThrow()
  })

  it("cost no more than every state at every byte, and two reads a byte when a text is known", () => {
    // Pieces that what is in lines is made of, so that patterns get far before they fail.
    const pieces = [
      "10.0.0.1",
      "::1",
      "a.b-c",
      "2026-11-30",
      "Nov 30",
      "14:22:01",
      "- ",
      '"',
      "[",
      "]",
      "\t",
      "x=1;",
      " ",
      "ä"
    ]
    const searches = [...builtinDefinitions(names).keys()]
      .filter((_, index) => index % 7 === 0)
      .map((name) => compileGrok(`%{${name}}`, { names }))
    const lines = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(""))
    fc.assert(
      fc.property(lines, fc.nat(searches.length - 1), (line, index) => {
        const search = searches[index]
        const bytes = bytesOf(line)
        const ways = search.program.targets.reduce((sum, targets) => sum + targets.length + 1, 0)
        const before = search.steps
        search.search(bytes, 0, bytes.length)
        expect(search.steps - before).toBeLessThanOrEqual(4 * ways * (bytes.length + 2))
        const known = search.steps
        search.search(bytes, 0, bytes.length)
        expect(search.steps - known).toBeLessThanOrEqual(2 * bytes.length)
      }),
      { numRuns: 300 }
    )
  })
})

describe("a definition", () => {
  it.each([
    ["%{IPV6:x}", "at 2001:db8::ff00:42:8329 now", "2001:db8::ff00:42:8329"],
    ["^%{IPV6:x}$", "::", "::"],
    ["^%{IPV6:x}$", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["^%{IPV6:x}$", "1::3:4:5:6:7:8", "1::3:4:5:6:7:8"],
    ["^%{IPV6:x}$", "::ffff:192.0.2.128", "::ffff:192.0.2.128"],
    ["^%{IPV6:x}$", "64:ff9b::192.0.2.33", "64:ff9b::192.0.2.33"],
    ["^%{IPV6:x}$", "fe80::1%eth0", "fe80::1%eth0"],
    ["^%{IPV6:x}$", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7::"],
    ["^%{IPV6:x}$", "1::2::3", undefined],
    ["^%{IPV6:x}$", "1:2:3:4:5:6:7", undefined],
    ["^%{IPV6:x}$", "1:2:3:4:5:6:7:8:9", undefined],
    ["%{IPV4:x}", "1.2.3.256", undefined],
    ["%{NUMBER:x}", "v-1.5e", "-1.5"],
    ["%{QS:x}", String.raw`a "b \"c\" d" e`, String.raw`"b \"c\" d"`],
    ["%{MONTH:x}", "30. März 2026", "März"],
    ["%{MAC:x}", "00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7"],
    ["^%{UUID:x}$", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"],
    ["%{URI:x}", "see https://u:p@example.com:8080/a/b?c=d#e now", "https://u:p@example.com:8080/a/b?c=d#e"],
    ["%{TIMESTAMP_ISO8601:x}", "2026-11-30T14:22:01,345+01:00 x", "2026-11-30T14:22:01,345+01:00"],
    ["^%{UNIXPATH:x}$", "/Čierný_Peter/.中.log", "/Čierný_Peter/.中.log"],
    ["^%{UNIXPATH:x}$", "/a b", undefined],
    ["%{LOGLEVEL:x}", "[CRITICAL] x", "CRITICAL"]
  ])("%s takes from %s the text %s", (expression, text, wanted) => {
    expect(fieldsOf(compileGrok(expression, { names: "ecs" }), text)?.x).toBe(wanted)
  })

  it("that looked ahead in other engines keeps the whole message, and the fields within", () => {
    const line = "Nov 30 14:22:01 web1 sshd[7]: pam_unix(sshd:session): session opened for user root by (uid=0)"
    // The expression is wanted behind the program's colon.
    expect(fieldsOf(compileGrok("%{SYSLOGPAMSESSION}", { names: "legacy" }), line)).toMatchObject({
      program: "sshd",
      message: "pam_unix(sshd:session): session opened for user root by (uid=0)",
      pam_module: "pam_unix",
      pam_caller: "sshd:session",
      username: "root",
      pam_by: "(uid=0)"
    })
  })
})
