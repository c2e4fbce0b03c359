// Unit tests of the byte search: it says what the decoded text says, or that it cannot tell.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { equalInBytes, phraseInBytes } from "./byte-search.ts"
import { hasPhrase } from "./text-search.ts"

const text = fc
  .array(fc.constantFrom("a", "K", "i", "b", "B", " ", "-", "9", "é", "\u212a", "İ", "🎉", "\0"))
  .map((all) => all.join(""))
const phrase = fc
  .array(fc.constantFrom("a", "k", "i", "b", " ", "-", "9"), { minLength: 1, maxLength: 3 })
  .map((all) => all.join(""))
const placed = (value: string) => {
  const bytes = new TextEncoder().encode(`a${value}a`)
  return { bytes, start: 1, length: bytes.length - 2 }
}

describe("the byte search", () => {
  it("finds phrases exactly where the lower-cased text has them", () => {
    fc.assert(
      fc.property(text, phrase, fc.boolean(), fc.boolean(), (value, wanted, left, right) => {
        const { bytes, start, length } = placed(value)
        const expected = hasPhrase(value.toLowerCase(), wanted, left, right)
        const found = phraseInBytes(wanted, left, right)?.(bytes, start, length)
        if (found === undefined) expect(value).toMatch(/[\u212aİ]/)
        else expect(found).toBe(expected)
      }),
      { numRuns: 5_000 }
    )
  })

  it("compares with a text, any case", () => {
    fc.assert(
      fc.property(text, phrase, (value, wanted) => {
        const { bytes, start, length } = placed(value)
        const found = equalInBytes(wanted)?.(bytes, start, length)
        expect(found ?? value.toLowerCase() === wanted).toBe(value.toLowerCase() === wanted)
      }),
      { numRuns: 5_000 }
    )
  })

  it("leaves phrases beyond ASCII to the text", () => {
    expect(phraseInBytes("größe", true, true)).toBeUndefined()
    expect(equalInBytes("größe")).toBeUndefined()
  })
})
