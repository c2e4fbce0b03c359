// Tests of what is acknowledged.
import { expect, it } from "vitest"
import { InFlight } from "./in-flight.ts"

it("acknowledges the last batch that is wholly settled, in the numbering of its own stream", () => {
  const inFlight = new InFlight()
  inFlight.taken({ last: 10, acknowledge: 1, receivedMillis: 100, messages: 4 })
  inFlight.taken({ last: 20, acknowledge: 2, receivedMillis: 200, messages: 6 })
  inFlight.taken({ last: 30, acknowledge: 5, receivedMillis: 300, messages: 1 })
  expect([inFlight.messages, inFlight.oldestMillis]).toEqual([11, 100])
  expect(inFlight.settle(9)).toBeUndefined()
  expect(inFlight.settle(25)).toBe(2)
  expect([inFlight.messages, inFlight.oldestMillis]).toEqual([1, 300])
  expect(inFlight.settle(25)).toBeUndefined()
  expect(inFlight.settle(30)).toBe(5)
  expect(inFlight.oldestMillis).toBeUndefined()
})
