// Tests of bounded bodies: what is in bounds comes whole, what is not is read no further.
import { describe, expect, it } from "vitest"
import { readBounded } from "./bounded-body.ts"

/** A body of pieces of one size, which counts how many were asked for. */
const bodyOf = (pieces: number, bytes: number) => {
  const seen = { asked: 0 }
  const stream = async function* () {
    for (; seen.asked < pieces; ) {
      seen.asked++
      yield Buffer.alloc(bytes, seen.asked)
    }
  }
  return { seen, stream: stream() }
}

describe("a bounded body", () => {
  it("comes whole when it is exactly as long as allowed, and is read no further one byte beyond", async () => {
    const right = await readBounded(bodyOf(10, 100).stream, { maxBytes: 1_000 })
    expect("pieces" in right && Buffer.concat(right.pieces).length).toBe(1_000)
    const { seen, stream } = bodyOf(50, 100)
    expect(await readBounded(stream, { maxBytes: 999 })).toEqual({ problem: "too-long" })
    expect(seen.asked).toBe(10)
  })

  it("is refused when it comes in crumbs, and when nobody lends room for a piece", async () => {
    const { seen, stream } = bodyOf(1_000_000, 1)
    expect(await readBounded(stream, { maxBytes: 10_000_000 })).toEqual({ problem: "crumbs" })
    expect(seen.asked).toBeLessThan(20_000)
    let room = 250
    const lend = (bytes: number): boolean => {
      room -= bytes
      return room >= 0
    }
    expect(await readBounded(bodyOf(10, 100).stream, { maxBytes: 10_000, lend })).toEqual({ problem: "no-room" })
    expect(room).toBe(-50)
  })
})
