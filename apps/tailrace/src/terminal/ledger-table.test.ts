// Tests of the ledger as a person reads it.
import { describe, expect, it } from "vitest"
import { type LedgerEntry, ledgerLines } from "./ledger-table.ts"

const plain = (_: string, text: string) => text

const entry = (given: Partial<LedgerEntry>): LedgerEntry => ({
  minute: "2026-03-01T12:00:00.000Z",
  tenant: "default",
  source: "web",
  received: 10,
  stored: 6,
  deduplicated: 0,
  dropped: 4,
  rejected: 0,
  unaccounted: 0,
  droppedBy: { "health-checks": 3, "collector:sample": 1 },
  rejectedBy: {},
  ...given
})
const totals = { received: 21, stored: 12, deduplicated: 0, dropped: 6, rejected: 3, unaccounted: 0, balanced: true }

describe("ledgerLines", () => {
  it("names the rules that dropped and the reasons that rejected, over all minutes", () => {
    const other = entry({
      source: "shop",
      dropped: 2,
      rejected: 3,
      droppedBy: { "collector:sample": 2 },
      rejectedBy: { refused: 3 }
    })
    const lines = ledgerLines({ ...totals, entries: [entry({}), other] }, plain)
    expect(lines[1]).toMatch(/^2026-03-01T12:00 +default\/web +10 +6 +0 +4 +0$/)
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(/^total +21 +12 +0 +6 +3$/),
      "3 dropped by health-checks",
      "3 dropped by collector:sample",
      "3 rejected as refused",
      "every record received is accounted for"
    ])
  })

  it("marks the minutes that do not add up", () => {
    const lines = ledgerLines(
      { ...totals, unaccounted: 2, balanced: false, entries: [entry({ unaccounted: 2, source: "a\u001b[2J" })] },
      plain
    )
    expect(lines[1]).toContain("2 unaccounted for")
    expect(lines[1]).not.toContain("\u001b")
    expect(lines.at(-1)).toBe("2 records are unaccounted for")
  })
})
