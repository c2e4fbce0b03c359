// Suite: cases of one kind of data, run through the product's own code, each with a verdict.
import type { DataFolder } from "./data-folder.ts"

export interface Verdict {
  readonly id: string
  /** What the case is about; failures are counted by it. */
  readonly kind: string
  /** What was wanted and what came, in words; undefined when the case passed. */
  readonly problem: string | undefined
}

export interface Suite {
  readonly name: string
  /** What is compared, in a sentence for the page. */
  readonly asks: string
  /** Share of cases that should pass, percent. */
  readonly wanted: number
  /** Files it needs, relative to the data folder; when one is absent the suite is skipped. */
  readonly needs: (data: DataFolder) => ReadonlyArray<string>
  readonly run: (data: DataFolder) => Promise<ReadonlyArray<Verdict>>
}

/** A verdict over named figures: each wanted one must be the one seen. */
export const compared = (
  id: string,
  kind: string,
  pairs: ReadonlyArray<readonly [name: string, wanted: unknown, seen: unknown]>
): Verdict => {
  const wrong = pairs.filter(([, wanted, seen]) => wanted !== seen)
  const words = wrong.map(([name, wanted, seen]) => `${name}: want ${short(wanted)}, got ${short(seen)}`)
  return { id, kind, problem: wrong.length === 0 ? undefined : words.join("; ") }
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}

/** How the verdicts of a kind came out. */
export interface Tally {
  readonly kind: string
  readonly cases: number
  readonly passed: number
}

/** Tallies by kind, in order of kind. */
export const tallies = (verdicts: ReadonlyArray<Verdict>): ReadonlyArray<Tally> => {
  const kinds = new Map<string, { cases: number; passed: number }>()
  for (const { kind, problem } of verdicts) {
    const tally = kinds.get(kind) ?? { cases: 0, passed: 0 }
    tally.cases++
    if (problem === undefined) tally.passed++
    kinds.set(kind, tally)
  }
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, tally]) => ({ kind, ...tally }))
}

export const percent = ({ cases, passed }: { readonly cases: number; readonly passed: number }): string =>
  cases === 0 ? "" : ((passed / cases) * 100).toFixed(1)
