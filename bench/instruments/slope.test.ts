// Tests of the slope through points.
import { assert, describe, it } from "@effect/vitest"
import { slopeOf } from "./slope.ts"

describe("the slope through points", () => {
  it("is that of the line they lie on", () => {
    assert.closeTo(slopeOf([0, 1, 2, 3], [5, 7, 9, 11]), 2, 1e-12)
    assert.closeTo(slopeOf([10, 20, 30], [4, 4, 4]), 0, 1e-12)
  })

  it("is that of the closest line when they lie on none", () => {
    assert.closeTo(slopeOf([0, 1, 2, 3], [0, 2, 1, 3]), 0.8, 1e-12)
  })

  it("is no number for a single point", () => {
    assert.isNaN(slopeOf([1], [1]))
  })
})
