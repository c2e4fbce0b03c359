// Redaction: what is found in which form of line, what is left alone, and what takes its place.

import { seededRandom } from "@tailrace/domain/seeded-random"
import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ruleCatalogue } from "./catalogue.ts"
import { NeedleScanner } from "./needle-scanner.ts"
import { linesNaming, linesWith, ownForms, password, personalForms, tellingNames } from "./planted.harness.ts"
import { RedactConfig, ruleNames } from "./redact-config.ts"
import { Redactor } from "./redactor.ts"

const redactor = (config: object = {}) => new Redactor(Schema.decodeUnknownSync(RedactConfig)(config))
const everything = { rules: ["secrets", "cards", "personal", "addresses"] }

describe("a redactor", () => {
  it.each(Object.keys(linesWith))("takes tokens out that are known by themselves: %s", (form) => {
    const random = seededRandom(1)
    const clean = redactor()
    for (const [rule, make] of Object.entries(ownForms)) {
      const value = make(random)
      const plain = (linesWith[form] as (value: string) => string)(value)
      for (const line of [plain, JSON.stringify({ msg: plain }), JSON.stringify({ msg: JSON.stringify([plain]) })]) {
        const seen = clean.redactText(line)
        expect(seen, line).not.toContain(value)
        expect(seen, line).toContain(`[redacted:${rule}]`)
      }
    }
  })

  it.each(Object.keys(linesWith))("takes personal values out: %s", (form) => {
    const random = seededRandom(2)
    const clean = redactor(everything)
    for (const [rule, make] of Object.entries(personalForms)) {
      const value = make(random)
      const line = (linesWith[form] as (value: string) => string)(value)
      // In an address blanks, colons and signs are encoded; what is left of a number then has no form.
      if (encodeURIComponent(value) !== value && line.includes(encodeURIComponent(value))) continue
      const seen = clean.redactText(line)
      expect(seen, line).not.toContain(value)
      expect(seen, line).toContain(`[redacted:${rule}]`)
    }
  })

  it.each(Object.keys(linesNaming))("takes out what stands beside a telling name: %s", (form) => {
    const random = seededRandom(3)
    const clean = redactor()
    for (const name of tellingNames) {
      const value = password(random)
      const plain = (linesNaming[form] as (name: string, value: string) => string)(name, value)
      for (const line of [plain, JSON.stringify({ msg: plain }), JSON.stringify({ msg: JSON.stringify([plain]) })]) {
        const seen = clean.redactText(line)
        for (const way of [value, encodeURIComponent(value), value.slice(1, -2)]) expect(seen, line).not.toContain(way)
        if (line !== plain || form.startsWith("JSON")) expect(() => JSON.parse(seen), seen).not.toThrow()
      }
    }
  })

  it.each([
    "user ada changed her password",
    "Invalid password: attempt 3 of 5",
    "login failed with password: incorrect",
    "the token bucket is empty",
    "tokens: 4096 of 8192 used",
    '{"max_tokens":4096,"token_count":17,"password":null,"secret":""}',
    "password=null secret=**** token=[redacted:token] api_key=undefined",
    "secretary met tokenizer at passwordless.example",
    "ask-about-risk-management-and-task-queues sk-",
    "order 4111111111111112 of 2026-10-10 13:55:36 took 123456789012 ns",
    "1.2.3.4.5 and 300.1.1.1 at 12:34:56 version 10.2.3",
    "5e884898-da28-4047-8151-d0e56f8dc629 mailto:@ a@b https://host/path",
    "chpasswd[31040]: pam_unix(chpasswd:chauthtok): password changed for ada",
    "sudo: ada : TTY=pts/0 ; PWD=/home/ada ; USER=root",
    "authorization failed for user 7",
    "Authorization: none"
  ])("leaves alone: %s", (line) => {
    expect(redactor({ ...everything, except: ["ipv4"] }).redactText(line)).toBe(line)
  })

  it.each<readonly [string, object, string]>([
    ['{"password":"hunter2hunter2"}', { action: "mask" }, '{"password":"********"}'],
    ["card 4111 1111 1111 1111 used", { rules: ["cards"], action: "last4" }, "card ********1111 used"],
    ["password=short", { action: "last4" }, "password=********"],
    ["password=hunter2; x", { action: "remove" }, "password=; x"],
    ['{"card":4111111111111111,"n":1}', { rules: ["cards"] }, '{"card":"[redacted:payment-card]","n":1}'],
    ['{"password":12345678,"n":1}', {}, '{"password":"[redacted:password]","n":1}'],
    ['{"a":"{\\"password\\":12345678}"}', {}, '{"a":"{\\"password\\":\\"[redacted:password]\\"}"}'],
    ["https://ada:pa55@host/x", {}, "https://ada:[redacted:url-password]@host/x"]
  ])("puts in its place: %s with %j", (line, config, seen) => {
    expect(redactor(config).redactText(line)).toBe(seen)
  })

  it("gives the same letters to the same value under one key, and others under another", () => {
    const seen = (key: string) => redactor({ action: "hash", key }).redactText("password=hunter2")
    expect(seen("k".repeat(16))).toMatch(/^password=\[password:[0-9a-f]{16}\]$/)
    expect(seen("k".repeat(16))).toBe(seen("k".repeat(16)))
    expect(seen("k".repeat(16))).not.toBe(seen("l".repeat(16)))
  })

  it("takes out a private key with all its lines, whole or cut, and keeps the line breaks", () => {
    const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc\n-----END RSA PRIVATE KEY-----"
    expect(redactor().redactText(`before\n${key}\nafter`)).toBe("before\n[redacted:private-key]\n\n\n\nafter")
    expect(redactor().redactText(`{"key":"${key.replaceAll("\n", "\\n")}"}`)).toBe('{"key":"[redacted:private-key]"}')
    expect(redactor().redactText(key.slice(0, 50))).toBe("[redacted:private-key]\n\n")
  })

  it("counts by rule, and leaves bytes that are no UTF-8 as they are", () => {
    const clean = redactor()
    const bytes = Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.from(" password=hunter2 "), Buffer.from([0x80])])
    expect(clean.redact(bytes)).toEqual(
      Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.from(" password=[redacted:password] "), Buffer.from([0x80])])
    )
    expect([...clean.counts]).toEqual([["password", 1]])
    expect(clean.redact(Buffer.from("nothing to see"))).toBeUndefined()
  })

  it("finds nothing more in what it has redacted", () => {
    const random = seededRandom(4)
    for (const line of Object.values(linesNaming)) {
      const once = redactor(everything).redactText(line("password", password(random)))
      expect(redactor(everything).redactText(once)).toBe(once)
    }
  })

  it("throws over no bytes and no text, and keeps every line break", () => {
    const clean = redactor(everything)
    const pieces = [
      "password",
      '"',
      "\\",
      ":",
      "=",
      "eyJ",
      "@",
      "://",
      "4111",
      " ",
      "\n",
      "-----BEGIN ",
      "PRIVATE KEY-----",
      "%3D",
      "é",
      "[",
      "DE89"
    ]
    const texts = fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 40 })
      .map((all) => all.join(""))
    fc.assert(
      fc.property(texts, (text) => {
        expect(clean.redactText(text).split("\n").length).toBe(text.split("\n").length)
      }),
      { numRuns: 2_000 }
    )
  })

  it("has rules with names, sentences and needles that its scanner takes", () => {
    for (const { name, summary } of ruleCatalogue) {
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(summary).toMatch(/^[A-Z].*\.$/)
    }
    expect(new Set(ruleNames).size).toBe(ruleNames.length)
    expect(() => redactor({ rules: ["nothing"] })).toThrow(/no rule "nothing", there are secrets/)
  })
})

describe("the scanner", () => {
  it("finds what a search for each needle finds", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "B", "b", "c", "-", "\u0000"), maxLength: 60 })
    const needles = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", "-"), minLength: 3, maxLength: 6 }), {
      minLength: 1,
      maxLength: 6
    })
    fc.assert(
      fc.property(texts, needles, (text, all) => {
        const scanner = new NeedleScanner(all)
        const bytes = Buffer.from(text)
        const lower = text.toLowerCase()
        const wanted = new Set(
          all.flatMap((needle, index) =>
            Array.from({ length: lower.length }, (_, at) => at).flatMap((at) =>
              lower.startsWith(needle, at) ? [`${index} ${at}`] : []
            )
          )
        )
        const found = scanner.all(bytes, 0, bytes.length).map(({ at, needle }) => `${needle} ${at}`)
        for (const one of wanted) expect(found).toContain(one)
        expect(scanner.isIn(bytes, 0, bytes.length)).toBe(found.length > 0)
      }),
      { numRuns: 3_000 }
    )
  })
})
