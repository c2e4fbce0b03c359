// Tests of turns: who goes on when.
import { describe, expect, it } from "vitest"
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
