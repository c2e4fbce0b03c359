// Tests of terminal escaping.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { escapeBytes, escapeForTerminal } from "./escape.ts"

describe("escapeForTerminal", () => {
  it("shows what would act on the terminal and leaves other text alone", () => {
    expect(escapeForTerminal("\u001b[2Jgone\r\nnext\u0007\u202eevil")).toBe("\\e[2Jgone\\r\\nnext\\u0007\\u202eevil")
    expect(escapeForTerminal("größe ✓ 日本")).toBe("größe ✓ 日本")
  })

  it("lets no control character through, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(escapeForTerminal(text))).toBe(false)
      })
    )
  })
})

describe("escapeBytes", () => {
  it("shows text as text and other bytes one by one, nothing of either acting on the terminal", () => {
    expect(escapeBytes(Buffer.from("gr\u00f6\u00dfe\n\u001b[2J"))).toBe("gr\u00f6\u00dfe\\n\\e[2J")
    expect(escapeBytes(Uint8Array.of(65, 0, 255, 10, 200))).toBe("A\\0\\xff\\n\\xc8")
  })
})
