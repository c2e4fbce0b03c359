// Comparison: figures of a run against those recorded, and which of them have grown too much.
import type { Recorded, Table } from "./report.ts"

/** A process may outgrow the tolerance as long as that is less than this share of what everything cost. */
const slightShare = 0.05
const whole = "all"

export interface Compared {
  readonly name: string
  /** Times the fixed piece of work; NaN when it was not recorded, or not measured. */
  readonly recorded: number
  readonly measured: number
  readonly verdict: "well" | "cheaper" | "dearer" | "missing" | "new"
}

type Ratios = Recorded["ratios"]

/** `tolerance` is a share: 0.25 lets a figure grow by a quarter. `missing` and `dearer` are failures. */
export const compare = (recorded: Ratios, measured: Ratios, tolerance: number): ReadonlyArray<Compared> => {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(measured)])]
  const slight = slightShare * (recorded[whole] ?? 0)
  return names.map((name) => {
    const before = recorded[name] ?? Number.NaN
    const now = measured[name] ?? Number.NaN
    const verdict = (): Compared["verdict"] => {
      if (!(name in recorded)) return "new"
      if (!Number.isFinite(now)) return "missing"
      if (now > before * (1 + tolerance) && (name === whole || now - before > slight)) return "dearer"
      return now < before * (1 - tolerance) ? "cheaper" : "well"
    }
    return { name, recorded: before, measured: now, verdict: verdict() }
  })
}

export const failed = (compared: ReadonlyArray<Compared>): boolean =>
  compared.some(({ verdict }) => verdict === "dearer" || verdict === "missing")

export const comparisonTable = (compared: ReadonlyArray<Compared>, tolerance: number): Table => ({
  caption: `Times the fixed piece of work, against what was recorded; ${(tolerance * 100).toFixed(0)} % more is allowed`,
  columns: ["process", "recorded", "now", "now/recorded", "verdict"],
  rows: compared.map(({ measured, name, recorded, verdict }) => [
    name,
    recorded.toFixed(2),
    measured.toFixed(2),
    (measured / recorded).toFixed(2),
    verdict
  ])
})
