// Backoff: waits grow, stay below their limit, and are spread.
import { describe, expect, it } from "@effect/vitest"
import { backoffMillis } from "./backoff.ts"

describe("backoffMillis", () => {
  it("doubles up to its limit, spread by a fifth to both sides", () => {
    const waits = [0, 1, 2, 3, 60].map((failures) => backoffMillis(failures, { first: 100, most: 500 }, () => 0.5))
    expect(waits).toEqual([100, 200, 400, 500, 500])
    expect(backoffMillis(0, { first: 100 }, () => 0)).toBe(80)
    expect(backoffMillis(0, { first: 100 }, () => 0.999_999)).toBeCloseTo(120, 3)
  })
})
