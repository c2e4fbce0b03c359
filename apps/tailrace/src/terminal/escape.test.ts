// Tests of terminal escaping.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { escapeBytes, escapeForTerminal, safeOnTerminal } from "./escape.ts"
import { styleFor } from "./style.ts"

describe("escapeForTerminal", () => {
  it("shows what would act on the terminal and leaves other text alone", () => {
    expect(escapeForTerminal("\u001b[2Jgone\r\nnext\u0007\u202eevil")).toBe("\\e[2Jgone\\r\\nnext\\u0007\\u202eevil")
    expect(escapeForTerminal("größe ✓ 日本")).toBe("größe ✓ 日本")
  })

  it("escapes every code point that acts, reorders or shows nothing, and no other", () => {
    const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
    const named = [0x61c, 0x200b, 0x200d, 0x200f, 0x2060, 0x2064, 0xfeff, 0x202e, 0x2069, 0xfff9, 0xad, 0x34f, 0x3164]
    const ranges = [named, [0xe0001, 0xe0041, 0xe007f], [0xe0100, 0xe01ef], [0xfe00, 0xfe0d]].flat()
    const through: Array<string> = []
    const changed: Array<string> = []
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code)
      const shown = escapeForTerminal(character)
      if (hidden.test(shown) || (ranges.includes(code) && shown === character)) through.push(code.toString(16))
      if (!/\p{Default_Ignorable_Code_Point}/u.test(character) && !hidden.test(character) && shown !== character)
        changed.push(code.toString(16))
    }
    expect([through, changed]).toEqual([[], []])
  })

  it("lets nothing of it through, whatever the text", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), (units) => {
        const text = String.fromCharCode(...units)
        expect(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(escapeForTerminal(text))).toBe(false)
      })
    )
  })

  it("shows what it escapes as JSON would, and leaves emoji their presentation", () => {
    expect(escapeForTerminal("a\u{e0041}\u061cb\ud800")).toBe("a\\udb40\\udc41\\u061cb\\ud800")
    expect(escapeForTerminal("\u26a0\ufe0f disk")).toBe("\u26a0\ufe0f disk")
  })
})

describe("safeOnTerminal", () => {
  it("keeps lines and the product's own colours, and escapes everything else", () => {
    const text = `${styleFor({ isTerminal: true, wanted: true, environment: {} })("red", "bad")}\nnext\u001b[8m\u001b[2J\u202e`
    expect(safeOnTerminal(text)).toBe("\u001b[31mbad\u001b[0m\nnext\\e[8m\\e[2J\\u202e")
  })
})

describe("escapeBytes", () => {
  it("shows text as text and other bytes one by one, nothing of either acting on the terminal", () => {
    expect(escapeBytes(Buffer.from("gr\u00f6\u00dfe\n\u001b[2J"))).toBe("gr\u00f6\u00dfe\\n\\e[2J")
    expect(escapeBytes(Uint8Array.of(65, 0, 255, 10, 200))).toBe("A\\0\\xff\\n\\xc8")
  })
})
