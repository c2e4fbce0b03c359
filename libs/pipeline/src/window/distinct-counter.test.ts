// Tests of the distinct counter.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { describe, expect, it } from "vitest"
import { DistinctCounter } from "./distinct-counter.ts"

const add = (counter: DistinctCounter, text: string) => {
  const bytes = encodeUtf8(text)
  counter.add(bytes, 0, bytes.length)
}

describe("DistinctCounter", () => {
  it("counts exactly up to 256 different values, however often each comes", () => {
    const counter = new DistinctCounter()
    for (let round = 0; round < 3; round++) for (let i = 0; i < 256; i++) add(counter, `user-${i}`)
    expect(counter.count).toBe(256)
  })

  it.each([300, 1_000, 5_000, 20_000, 100_000])("estimates %i different values within five percent", (different) => {
    const counter = new DistinctCounter()
    for (let i = 0; i < different; i++) add(counter, `user-${i}`)
    // Three standard errors of 1.6 % and some.
    expect(Math.abs(counter.count / different - 1)).toBeLessThan(0.05)
  })

  it.each([10, 2_000])("goes on from what it was saved as with %i values", (different) => {
    const counter = new DistinctCounter()
    for (let i = 0; i < different; i++) add(counter, `a-${i}`)
    const copy = DistinctCounter.load(JSON.parse(JSON.stringify(counter.save())))
    expect(copy.count).toBe(counter.count)
    for (let i = 0; i < different; i++) add(copy, `a-${i}`)
    expect(copy.count).toBe(counter.count)
  })
})
