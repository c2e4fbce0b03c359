// Tests of turns and permits: who goes on when, and who is told no.
import { describe, expect, it } from "vitest"
import { Permits } from "./permits.ts"
import { Turns } from "./turns.ts"

describe("turns", () => {
  it("are given one at a time, each in a turn of the event loop of its own, first come first served", async () => {
    const turns = new Turns()
    const order: Array<string> = []
    const work = async (name: string): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await turns.next()
        order.push(name)
      }
    }
    let ended = false
    const others: Array<number> = []
    const watch = (): void => {
      others.push(order.length)
      if (!ended) setImmediate(watch)
    }
    setImmediate(watch)
    await Promise.all([work("a"), work("b")])
    ended = true
    expect(order).toEqual(["a", "b", "a", "b", "a", "b"])
    // Whoever waits for the event loop sees at most one slice done between two of its own turns.
    for (let i = 1; i < others.length; i++) expect((others[i] as number) - (others[i - 1] as number)).toBeLessThan(2)
    expect(turns.given).toBe(6)
  })
})

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
