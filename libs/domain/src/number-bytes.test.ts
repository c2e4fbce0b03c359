// Tests of numbers read from bytes.

import * as fc from "fast-check"
import { expect, it } from "vitest"
import { numberOf } from "./number-bytes.ts"
import { encodeUtf8 } from "./utf8.ts"

const read = (text: string) => {
  const bytes = encodeUtf8(`"${text}"`)
  return numberOf(bytes, 1, bytes.length - 1)
}

it("reads every finite number as the runtime does", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.float({ noNaN: true, noDefaultInfinity: true })
      ),
      (value) => {
        expect(read(String(value)) + 0).toBe(value + 0)
      }
    )
  )
})

it("reads decimals of few digits exactly", () => {
  for (const text of ["0.1", "3.14", "-0.25", "123456.789", "1e3", "+7", ".5", "5."])
    expect(read(text)).toBe(Number(text))
})

it("answers NaN for anything else", () => {
  for (const text of ["", "-", ".", "1.2.3", "0x10", "Infinity", "NaN", "12a", " 1", "1e999", "9".repeat(70)]) {
    expect(read(text)).toBeNaN()
  }
})
