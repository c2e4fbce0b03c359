// Tests of partials: the bound over all beginnings of messages, and who goes when it is reached.
import { describe, expect, it } from "vitest"
import { Partials } from "./partials.ts"

describe("beginnings of messages", () => {
  it("are held up to a bound, beyond which the longest goes", () => {
    const gone: Array<string> = []
    let told = 0
    const guest = (name: string) => ({ address: "1", evict: () => gone.push(name) })
    const partials = new Partials(100, () => told++)
    const [a, b, c] = [guest("a"), guest("b"), guest("c")]
    partials.set(a, 40)
    partials.set(b, 60)
    expect([gone, partials.bytes]).toEqual([[], 100])
    partials.set(c, 1)
    expect([gone, partials.bytes, told]).toEqual([["b"], 41, 1])
    partials.set(a, 0)
    expect(partials.bytes).toBe(1)
    // One alone that is longer than all may be.
    partials.set(c, 101)
    expect([gone, partials.bytes]).toEqual([["b", "c"], 0])
  })
})
