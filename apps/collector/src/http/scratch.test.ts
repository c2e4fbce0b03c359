// Scratch: pieces joined, and memory used again.
import { assert, describe, it } from "@effect/vitest"
import { Scratch } from "./scratch.ts"

describe("Scratch", () => {
  it("joins pieces in order, whatever was joined before", () => {
    const scratch = new Scratch()
    const joined = (...texts: Array<string>) => scratch.join(texts.map((text) => Buffer.from(text))).toString()
    assert.strictEqual(joined("ab", "", "c"), "abc")
    assert.strictEqual(joined("a longer one, ", "and its rest"), "a longer one, and its rest")
    assert.strictEqual(joined("x", "y"), "xy")
    assert.strictEqual(joined("alone"), "alone")
    assert.strictEqual(joined(), "")
  })

  it("uses its memory again, but for bodies that are very long", () => {
    const scratch = new Scratch()
    const pieces = (bytes: number) => [Buffer.alloc(bytes, 1), Buffer.alloc(bytes, 2)]
    const { buffer } = scratch.join(pieces(60_000))
    assert.strictEqual(scratch.join(pieces(50_000)).buffer, buffer)
    const long = scratch.join(pieces(1_000_000))
    assert.strictEqual(long.length, 2_000_000)
    assert.strictEqual(scratch.join(pieces(50_000)).buffer, buffer)
    assert.isTrue(long.subarray(1_000_000).every((byte) => byte === 2))
  })

  it("keeps bytes that others would overwrite, and leaves alone what stays", () => {
    const scratch = new Scratch()
    const joined = scratch.join([Buffer.from("first "), Buffer.from("body")])
    const kept = scratch.keep(joined)
    scratch.join([Buffer.from("second "), Buffer.from("one")])
    assert.strictEqual(kept.toString(), "first body")
    assert.notStrictEqual(joined.toString(), "first body")
    const alone = scratch.join([Buffer.from("alone")])
    assert.strictEqual(scratch.keep(alone), alone)
  })
})
