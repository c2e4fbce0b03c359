// Tests of the robust z-score detector.
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { ClosedWindow } from "../closed-window.ts"
import { robustScore } from "./robust-score.ts"
import { zscore } from "./zscore.ts"

const make = (config: object) =>
  Effect.runSync(zscore.make(Schema.decodeUnknownSync(zscore.config)({ type: "zscore", metric: "errors", ...config })))

/** Ten-second windows with one pane for service payment; undefined for a window without a pane. */
const windowsOf = (
  values: ReadonlyArray<number | undefined>,
  type: ClosedWindow["type"] = "count"
): Array<ClosedWindow> =>
  values.map((value, i) => {
    const common = {
      partition: 0,
      metric: "errors",
      type,
      windowStart: i * 10_000,
      windowEnd: (i + 1) * 10_000,
      sequence: i
    }
    const pane = {
      ...common,
      tenant: "t",
      key: { service: "payment" },
      value: value ?? 0,
      count: 1,
      quantiles: {},
      revision: 0
    }
    return { ...common, absentIsZero: type === "count", panes: value === undefined ? [] : [pane] }
  })

const calm = [20, 22, 19, 21, 20, 18, 20, 23, 20, 19, 21, 20]

describe("zscore", () => {
  it("says in a sentence what happened when a pane lies far from its past", () => {
    const detector = make({ warmup: 12 })
    const found = windowsOf([...calm, 21, 412]).flatMap((window) => [...detector.observe(window)])
    expect(found.length).toBe(1)
    expect(found[0]?.value).toBe(412)
    expect(found[0]?.expected).toBe(20)
    expect(found[0]?.direction).toBe("high")
    expect(found[0]?.sentence).toMatch(
      /^errors of service payment: 412 in 10 s, expected about 20 \(robust z-score [\d.]+\)$/
    )
  })

  it("gives no verdict before it has learned", () => {
    const detector = make({ warmup: 12 })
    expect(windowsOf([...calm.slice(0, 11), 9_999]).flatMap((window) => [...detector.observe(window)])).toEqual([])
  })

  it("takes a silent service for zero where the metric counts", () => {
    const detector = make({ warmup: 12, direction: "low" })
    const found = windowsOf([...calm, undefined]).flatMap((window) => [...detector.observe(window)])
    expect(found.map(({ value, direction }) => [value, direction])).toEqual([[0, "low"]])
  })

  it("reports only the direction it was asked for", () => {
    const detector = make({ warmup: 12, direction: "low" })
    expect(windowsOf([...calm, 412]).flatMap((window) => [...detector.observe(window)])).toEqual([])
  })

  it("keeps the scatter of small counts for normal even after a flat past", () => {
    const detector = make({ warmup: 12 })
    const flat = Array.from({ length: 20 }, () => 4)
    expect(windowsOf([...flat, 9]).flatMap((window) => [...detector.observe(window)])).toEqual([])
  })

  it("goes on from what it was saved as", () => {
    const windows = windowsOf([...calm, 412])
    const first = make({ warmup: 12 })
    for (const window of windows.slice(0, 6)) first.observe(window)
    const second = make({ warmup: 12 })
    second.load(JSON.parse(JSON.stringify(first.save())))
    expect(windows.slice(6).flatMap((window) => [...second.observe(window)]).length).toBe(1)
  })
})

describe("robustScore", () => {
  it("is not moved by a minority of outliers in the past", () => {
    const past = [10, 11, 9, 10, 12, 8, 10, 1_000_000, 10, 2_000_000]
    const { expected, score } = robustScore(past, 11, () => 0)
    expect(expected).toBe(10)
    expect(score).toBeLessThan(1.5)
  })

  it("uses the mean deviation where the median deviation is zero", () => {
    const { score } = robustScore([5, 5, 5, 5, 5, 5, 9], 15, () => 0)
    expect(score).toBeCloseTo(10 / (1.2533 * (4 / 7)), 6)
  })
})
