// Tests of shared reads: who shares one, and that nobody gets an answer from before the question.
import { describe, expect, it } from "vitest"
import { sharedReads } from "./shared-reads.ts"

/** Reads that end when the test says so; each answers how much was stored when it began. */
const world = () => {
  let stored = 0
  const begun: Array<{ readonly ask: string; readonly end: () => void; readonly fail: () => void }> = []
  const ask = sharedReads(
    (key: string) => key,
    (key) =>
      new Promise<number>((resolve, reject) => {
        const seen = stored
        begun.push({ ask: key, end: () => resolve(seen), fail: () => reject(new Error("away")) })
      })
  )
  return { ask, begun, store: () => ++stored }
}
const turns = () => new Promise((resolve) => setImmediate(resolve))

describe("sharedReads", () => {
  it("reads once for all who ask the same at once, and apart for the others", async () => {
    const { ask, begun } = world()
    const answers = [ask("a"), ask("a"), ask("b"), ask("a")]
    await turns()
    expect(begun.map((one) => one.ask)).toEqual(["a", "b"])
    for (const { end } of begun) end()
    expect(await Promise.all(answers)).toEqual([0, 0, 0, 0])
  })

  it("answers nobody with a read that had begun before the ask", async () => {
    const { ask, begun, store } = world()
    const early = ask("a")
    await turns()
    store()
    const late = [ask("a"), ask("a")]
    await turns()
    expect(begun.length).toBe(1)
    begun[0]?.end()
    expect(await early).toBe(0)
    await turns()
    expect(begun.length).toBe(2)
    begun[1]?.end()
    expect(await Promise.all(late)).toEqual([1, 1])
  })

  it("tells a failure to those who shared it, and reads again for the next", async () => {
    const { ask, begun } = world()
    const [one, other] = [ask("a"), ask("a")]
    await turns()
    const next = ask("a")
    begun[0]?.fail()
    await expect(one).rejects.toThrow("away")
    await expect(other).rejects.toThrow("away")
    await turns()
    begun[1]?.end()
    expect(await next).toBe(0)
  })
})
