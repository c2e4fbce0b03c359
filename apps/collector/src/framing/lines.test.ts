// Framing by line ends: the same lines whatever chunks they arrive in, and a cap that holds.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { countLines, LineFramer } from "./lines.ts"

const cut = (chunks: ReadonlyArray<string>, maxBytes = 1_000) => {
  const lines: Array<string> = []
  const oversize: Array<readonly [string, number]> = []
  const framer = new LineFramer(maxBytes, {
    lines: (bytes, start, end) => {
      const text = Buffer.from(bytes.subarray(start, end)).toString()
      lines.push(...text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined))
    },
    oversize: (message, cutBytes) => oversize.push([Buffer.from(message).toString(), cutBytes])
  })
  for (const chunk of chunks) framer.push(Buffer.from(chunk))
  framer.end()
  return { lines, oversize }
}

describe("LineFramer", () => {
  it("cuts the same lines whatever chunks they arrive in", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\0", " "), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(6), { maxLength: 40 }), (lines, sizes) => {
        const text = lines.map((one) => `${one}\n`).join("")
        const chunks: Array<string> = []
        let at = 0
        for (const size of sizes) {
          chunks.push(text.slice(at, at + size))
          at += size
        }
        chunks.push(text.slice(at))
        expect(cut(chunks).lines.filter((one) => one !== "")).toEqual(lines.filter((one) => one !== ""))
      })
    )
  })

  it("hands on the last line of a stream that ends without a line end", () => {
    expect(cut(["one\ntw", "o"]).lines).toEqual(["one", "two"])
  })

  it("cuts a line longer than the cap, says how many bytes are missing, and goes on with the next", () => {
    const whole = cut([`${"x".repeat(25)}\nnext\n`], 10)
    const pieces = cut(["xxxxxxx", "xxxxxxx", "xxxxxxxxxxx", "\nnext", "\n"], 10)
    for (const { lines, oversize } of [whole, pieces]) {
      expect(oversize).toEqual([["x".repeat(10), 15]])
      expect(lines).toEqual(["next"])
    }
  })

  it("leaves a line of exactly the cap whole", () => {
    expect(cut(["xxxxx", "xxxxx\n"], 10)).toEqual({ lines: ["xxxxxxxxxx"], oversize: [] })
  })
})

describe("countLines", () => {
  it("does not count empty lines", () => {
    const bytes = Buffer.from("one\n\n\r\ntwo\r\n\nthree")
    expect(countLines(bytes, 0, bytes.length)).toBe(3)
  })
})
