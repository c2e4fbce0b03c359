// Tests of the quantile sketch.

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { QuantileSketch } from "./quantile-sketch.ts"

const value = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
  fc.constant(0)
)

describe("QuantileSketch", () => {
  it("answers every quantile within one percent of a value at that rank", () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sketch = new QuantileSketch()
          for (const one of values) sketch.add(one)
          const sorted = [...values].sort((a, b) => a - b)
          const rank = q * (sorted.length - 1)
          const low = sorted[Math.floor(rank)] as number
          const high = sorted[Math.ceil(rank)] as number
          const answer = sketch.quantile(q)
          const slack = 0.0101 * Math.max(Math.abs(low), Math.abs(high)) + 2e-9
          expect(answer).toBeGreaterThanOrEqual(low - slack)
          expect(answer).toBeLessThanOrEqual(high + slack)
        }
      ),
      { numRuns: 200 }
    )
  })

  it("goes on from what it was saved as", () => {
    const sketch = new QuantileSketch()
    for (let i = -50; i < 1000; i++) sketch.add(i * 1.5)
    const copy = QuantileSketch.load(JSON.parse(JSON.stringify(sketch.save())))
    expect(copy.count).toBe(sketch.count)
    for (const q of [0, 0.01, 0.5, 0.99, 1]) expect(copy.quantile(q)).toBe(sketch.quantile(q))
    copy.add(1e12)
    expect(copy.quantile(1)).toBe(1e12)
  })

  it("stays within 2,048 buckets a side and keeps the large values exact when the spread is endless", () => {
    const sketch = new QuantileSketch()
    for (let exponent = -9; exponent <= 300; exponent++) sketch.add(10 ** exponent)
    expect(sketch.save().positive.bins.length).toBeLessThanOrEqual(2048)
    expect(Math.abs(sketch.quantile(1) / 1e300 - 1)).toBeLessThan(0.01)
    expect(sketch.count).toBe(310)
  })

  it("has no quantile before the first value", () => {
    expect(new QuantileSketch().quantile(0.5)).toBeNaN()
  })
})
