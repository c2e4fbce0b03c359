// Raw lag: messages, bytes and age as they follow from looks at the stream.
import { describe, expect, it } from "@effect/vitest"
import { LagHistory } from "./raw-lag.ts"

const stream = (last_seq: number, messages: number, bytes: number, max_bytes = -1) =>
  ({ config: { max_bytes }, state: { last_seq, messages, bytes } }) as never

describe("LagHistory", () => {
  it("adds up what the pipelines have not acknowledged, and knows the room that is left", () => {
    const lag = new LagHistory().observe(
      stream(100, 50, 5_000, 8_000),
      [
        { name: "pipeline-0", floor: 90, behind: 6 },
        { name: "pipeline-1", floor: 96, behind: 4 }
      ],
      0
    )
    expect(lag).toEqual({ messages: 10, bytes: 1_000, millis: 0, freeBytes: 3_000, sequence: 100 })
    const unlimited = new LagHistory().observe(stream(0, 0, 0), [], 0)
    expect(unlimited).toEqual({ messages: 0, bytes: 0, millis: 0, freeBytes: Number.POSITIVE_INFINITY, sequence: 0 })
  })

  it("tells the age of the oldest message, from when the stream was first seen to hold it", () => {
    const history = new LagHistory()
    const look = (end: number, floor: number, behind: number, now: number) =>
      history.observe(stream(end, end, end), [{ name: "pipeline-0", floor, behind }], now).millis
    expect(look(10, 10, 0, 0)).toBe(0)
    expect(look(20, 10, 10, 1_000)).toBe(0)
    expect(look(30, 10, 20, 2_000)).toBe(1_000)
    expect(look(30, 25, 5, 3_000)).toBe(1_000)
    expect(look(30, 30, 0, 4_000)).toBe(0)
  })

  it("does not count the time for which a partition had nothing to do", () => {
    const history = new LagHistory()
    const look = (end: number, behind: number, now: number) =>
      history.observe(stream(end, end, end), [{ name: "pipeline-0", floor: 5, behind }], now).millis
    expect(look(5, 0, 0)).toBe(0)
    // Others' messages came, an hour long.
    expect(look(5_000, 0, 3_600_000)).toBe(0)
    expect(look(5_001, 1, 3_601_000)).toBe(0)
    expect(look(5_002, 1, 3_602_000)).toBeLessThanOrEqual(2_000)
  })

  it("stays small however long a pipeline is down, and still tells about how long", () => {
    const history = new LagHistory()
    let millis = 0
    for (let i = 1; i <= 20_000; i++) {
      const reader = { name: "pipeline-0", floor: 1, behind: i }
      millis = history.observe(stream(i + 1, i + 1, i), [reader], i * 1_000).millis
    }
    expect(millis).toBeGreaterThan(19_000_000)
  })
})
