// Tests of permits: who gets one, who waits, and who is told no.
import { describe, expect, it } from "vitest"
import { Permits } from "./permits.ts"

describe("permits", () => {
  it("are given to so many, then to those that wait longest, and to nobody beyond", async () => {
    const permits = new Permits(2, 1)
    expect(await permits.take()).toBe(true)
    expect(await permits.take()).toBe(true)
    let third = false
    const waiting = permits.take().then((got) => {
      third = got
    })
    expect(await permits.take()).toBe(false)
    expect(third).toBe(false)
    permits.give()
    await waiting
    expect(third).toBe(true)
    permits.give()
    permits.give()
    expect(await permits.take()).toBe(true)
  })
})
