// Tests of pieces: the same bytes, and few of them however many arrive.
import { describe, expect, it } from "vitest"
import { Pieces } from "./body-pieces.ts"

describe("the pieces of a body", () => {
  it("keep order and bytes, and are few where they come in crumbs", () => {
    const pieces = new Pieces()
    const sent: Array<Buffer> = []
    for (let i = 0; i < 50_000; i++) {
      const piece = Buffer.from(i % 5_000 === 4_999 ? "large ".repeat(1_000) : String(i))
      sent.push(piece)
      pieces.add(piece)
    }
    const all = pieces.all()
    expect(Buffer.concat(all).equals(Buffer.concat(sent))).toBe(true)
    expect(pieces.length).toBe(Buffer.concat(sent).length)
    expect(all.length).toBeLessThan(100)
  })

  it("are crumbs when there are many of a few bytes", () => {
    const pieces = new Pieces()
    for (let i = 0; i < 16_384; i++) pieces.add(Buffer.from("x"))
    expect(pieces.areCrumbs).toBe(false)
    pieces.add(Buffer.from("x"))
    expect(pieces.areCrumbs).toBe(true)
    pieces.add(Buffer.alloc(1_000_000))
    expect(pieces.areCrumbs).toBe(false)
  })
})
