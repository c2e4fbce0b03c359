// Tests of the message rate: a burst, then no more than the rate, large messages counting as several.
import { describe, expect, it } from "vitest"
import { MessageRate } from "./message-rate.ts"

describe("the message rate", () => {
  it("takes a burst of twice the rate, then the rate", () => {
    let now = 0
    const rate = new MessageRate(10, () => now)
    const taken = (messages: number): number =>
      Array.from({ length: messages }, () => rate.takes(0)).filter(Boolean).length
    expect(taken(15)).toBe(15)
    now = 60_000
    expect(taken(20)).toBe(20)
    now = 61_000
    expect(taken(10)).toBe(10)
  })

  it("refuses what comes faster, and large messages sooner", () => {
    const rate = new MessageRate(10, () => 0)
    expect(Array.from({ length: 25 }, () => rate.takes(0)).filter(Boolean).length).toBe(20)
    expect(new MessageRate(10, () => 0).takes(1024 * 1024)).toBe(false)
    expect(new MessageRate(100, () => 0).takes(1024 * 1024)).toBe(true)
  })
})
