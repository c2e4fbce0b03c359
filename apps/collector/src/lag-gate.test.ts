// LagGate: where it closes and where it opens again.
import { describe, expect, it } from "@effect/vitest"
import { LagGate } from "./lag-gate.ts"

const lag = (bytes: number, seconds = 0) => ({
  messages: 1,
  bytes,
  millis: seconds * 1_000,
  freeBytes: 0,
  sequence: 1
})

describe("LagGate", () => {
  it("closes above a limit and opens four fifths below it", () => {
    const gate = new LagGate({ maxBytes: 100, maxSeconds: 0 })
    const seen = [100, 101, 90, 81, 80, 90, 101].map((bytes) => [gate.observe(lag(bytes)), gate.closed])
    expect(seen).toEqual([
      [false, false],
      [true, true],
      [false, true],
      [false, true],
      [true, false],
      [false, false],
      [true, true]
    ])
  })

  it("goes by age too, by neither when told so, and by nothing while the broker is away", () => {
    const gate = new LagGate({ maxBytes: 0, maxSeconds: 60 })
    gate.observe(lag(1e12, 61))
    expect(gate.closed).toBe(true)
    gate.observe(undefined)
    expect(gate.closed).toBe(false)
    const none = new LagGate({ maxBytes: 0, maxSeconds: 0 })
    none.observe(lag(1e12, 1e9))
    expect(none.closed).toBe(false)
  })
})
