// Tests of the codec grok.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Schema } from "effect"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ParseConfig } from "../parse-config.ts"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

const line =
  '192.0.2.7 - frank [20/Nov/2026:14:22:01 +0100] "GET /cart?id=7 HTTP/1.1" 502 2326 "http://example.com/" "curl/8.1"'

const stageOf = (...patterns: ReadonlyArray<string>) => makeStage({ codec: "grok", grok: { patterns } })
const refusalOf = (grok: object): string => {
  try {
    Schema.decodeUnknownSync(ParseConfig)({ grok })
    return ""
  } catch (cause) {
    return String(cause)
  }
}

describe("grok", () => {
  it("reads a line by a name, its time and all, and keeps it whole as the body", () => {
    const record = recordOf(line, {}, stageOf("%{COMBINEDAPACHELOG}"))
    expect(isoOf(record.timestamp)).toBe("2026-11-20T13:22:01.000000000")
    expect(record).toMatchObject({ parsed: true, body: line })
    expect({ ...record.attributes }).toMatchObject({
      clientip: "192.0.2.7",
      auth: "frank",
      verb: "GET",
      request: "/cart?id=7",
      httpversion: "1.1",
      response: "502",
      bytes: "2326",
      agent: '"curl/8.1"'
    })
  })

  it("names fields by the Elastic Common Schema when told to, and turns numbers into numbers", () => {
    const stage = makeStage({ codec: "grok", grok: { patterns: ["%{COMBINEDAPACHELOG}"], names: "ecs" } })
    expect({ ...recordOf(line, {}, stage).attributes }).toMatchObject({
      "source.address": "192.0.2.7",
      "http.response.status_code": "502",
      "user_agent.original": "curl/8.1"
    })
    const typed = recordOf("took +0012 of 1.50", {}, stageOf("took %{INT:took:int} of %{NUMBER:all:float}"))
    expect({ ...typed.attributes }).toEqual({ took: "12", all: "1.5" })
  })

  it("takes the first expression that is found, and keeps what none reads as it came", () => {
    const stage = stageOf("^job %{INT:job}$", "^%{WORD:verb} %{INT:number}$")
    expect({ ...recordOf("job 7", {}, stage).attributes }).toEqual({ job: "7" })
    expect({ ...recordOf("run 7", {}, stage).attributes }).toEqual({ verb: "run", number: "7" })
    expect(recordOf("neither", {}, stage)).toMatchObject({ parsed: false, body: "neither", attributes: {} })
  })

  it("keeps the message beside a body when words stand in no field", () => {
    const stage = stageOf(
      "^%{LOGLEVEL:level} %{NUMBER} %{GREEDYDATA:message}$",
      "^%{LOGLEVEL:level}: %{GREEDYDATA:message}$"
    )
    expect(recordOf("WARN 17 disk full", {}, stage)).toMatchObject({
      severity: "WARN",
      body: "disk full",
      attributes: { "log.original": "WARN 17 disk full" }
    })
    expect({ ...recordOf("WARN: disk full", {}, stage).attributes }).toEqual({})
  })

  it("keeps all texts of a field that is filled at several places", () => {
    expect({ ...recordOf("a b", {}, stageOf("%{WORD:w} %{WORD:w}")).attributes }).toEqual({ w: '["a","b"]' })
  })

  it("prefers definitions of one's own, from the configuration before those of files", () => {
    const folder = mkdtempSync(join(tmpdir(), "tailrace-grok-"))
    try {
      const file = join(folder, "own")
      writeFileSync(file, "# orders\nORDER [A-Z]{2}-%{INT}\r\nITEM x+\n\n")
      const stage = makeStage({
        codec: "grok",
        grok: { patterns: ["%{ORDER:order} %{ITEM:item}"], files: [file], definitions: { ITEM: "[0-9]+" } }
      })
      expect({ ...recordOf("got DE-17 22", {}, stage).attributes }).toEqual({ order: "DE-17", item: "22" })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("never throws and never loses a byte, whatever comes", () => {
    const stage = stageOf("%{SYSLOGLINE}", "%{COMBINEDAPACHELOG}", "%{WORD:verb} %{GREEDYDATA:message}")
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        const message = bytes.map((byte) => (byte === 0 || byte === 27 ? 32 : byte))
        const record = recordOf(message, { layout: "single" }, stage)
        const text = Buffer.from(message).toString()
        const parts = [record.body, ...Object.values(record.attributes)].join(" ")
        for (const word of text.match(/[A-Za-z0-9]+/g) ?? []) expect(parts).toContain(word)
      })
    )
  })

  describe("refuses", () => {
    let folder = ""
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "tailrace-grok-"))
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    it.each([
      [["a%{NOPE:x}"], "patterns[0]: an unknown name %{NOPE}", 2],
      [["%{INT}", "%{int}"], "patterns[1]: an unknown name %{int} (is it INT?)", 1],
      [["x(?>a)"], "an atomic group", 2],
      [["%{INT:x:date}"], "an unknown type date", 1],
      [["%{INT"], "a reference that is not", 1]
    ])("%j, with its position", (patterns, words, position) => {
      const refusal = refusalOf({ patterns })
      expect(refusal).toContain(words)
      expect(refusal).toContain(`(character ${position})`)
    })

    it("definitions that lead back to themselves or are no patterns, with their names", () => {
      const definitions = { A: "x%{B}", B: "%{A}", C: "ab(c" }
      expect(refusalOf({ patterns: ["%{A}"], definitions })).toContain("leads back to itself: A in B in A")
      expect(refusalOf({ patterns: ["%{C}"], definitions })).toContain("in the definition of C: a parenthesis")
    })

    it("files that are none, that are no files, or whose lines are no definitions, and tells nothing of what is in them", () => {
      const file = join(folder, "wrong")
      writeFileSync(file, "GOOD a\nsecret-of-somebody:x\n")
      expect(refusalOf({ files: [join(folder, "missing")] })).toContain("no file")
      expect(refusalOf({ files: [folder] })).toContain("is no file")
      expect(refusalOf({ files: ["/dev/zero"] })).toContain("is no file")
      const refusal = refusalOf({ files: [file] })
      expect(refusal).toContain("line 2")
      expect(refusal).not.toContain("secret-of-somebody")
    })
  })
})
