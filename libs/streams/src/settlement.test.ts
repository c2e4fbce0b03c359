// Settlement: the smallest offset over all outputs, and what each output skips.
import { describe, expect, it } from "vitest"
import { Settlement } from "./settlement.ts"

describe("Settlement", () => {
  it("settles only what every output holds", () => {
    const settlement = new Settlement({ rows: 10, ledger: 7 })
    expect(settlement.settled).toBe(7)
    expect(settlement.advance("rows", 20)).toBeUndefined()
    expect(settlement.advance("ledger", 15)).toBe(15)
    expect(settlement.advance("ledger", 25)).toBe(20)
    expect(settlement.settled).toBe(20)
  })

  it("tells an output to skip what it holds already", () => {
    const settlement = new Settlement({ rows: 10, ledger: 7 })
    expect(settlement.covers("rows", 10)).toBe(true)
    expect(settlement.covers("rows", 11)).toBe(false)
    expect(settlement.covers("ledger", 10)).toBe(false)
  })

  it("never goes back", () => {
    const settlement = new Settlement({ rows: 10 })
    expect(settlement.advance("rows", 5)).toBeUndefined()
    expect(settlement.settled).toBe(10)
  })

  it("refuses an output it was not told of", () => {
    expect(() => new Settlement({ rows: 1 }).advance("panes", 2)).toThrow("unknown output panes")
  })
})
