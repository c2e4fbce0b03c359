// Tests of numbers read from bytes: the same number as of the text, and none where the text is none.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { numberInBytes, numberOfText } from "./number-bytes.ts"
import { encodeUtf8 } from "./utf8.ts"

const read = (text: string): number => {
  const bytes = encodeUtf8(`"${text}"`)
  return numberInBytes(bytes, 1, bytes.length - 2)
}

describe("a number", () => {
  it("of bytes is that of their text", () => {
    const part = fc.constantFrom("0", "1", "9", ".", "-", "e", "E", "+", " ", "é", "123456789")
    const numeric = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((all) => all.join("")),
      fc.double({ noNaN: true }).map(String),
      fc.integer().map(String),
      fc.tuple(fc.nat(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`)
    )
    fc.assert(
      fc.property(numeric, (text) => {
        expect(read(text) + 0).toBe(numberOfText(text) + 0)
      }),
      { numRuns: 5_000 }
    )
  })

  it("is read exactly, as the runtime reads it", () => {
    for (const text of [
      "0.1",
      "3.14",
      "-0.25",
      "123456.789",
      "1e3",
      "00012",
      "9007199254740993",
      "1e-99",
      "9".repeat(32)
    ])
      expect(read(text)).toBe(Number(text))
  })

  it("is nothing else", () => {
    const texts = ["", "-", ".", "+7", ".5", "5.", "1.2.3", "0x10", "Infinity", "NaN", "12a", " 1", "1 ", "5s", "inf"]
    for (const text of [...texts, "1_000", "1,5", "١", "1e999", "9".repeat(33), "9".repeat(100)])
      expect(`${text}: ${read(text)}`).toBe(`${text}: NaN`)
  })
})
