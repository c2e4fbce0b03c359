// The page docs/quality.md: how many lines of each corpus are read as they should be.
import { table } from "../reference/markdown.ts"
import { percent, type Suite, tallies, type Verdict } from "./suite.ts"

export interface Scored {
  readonly suite: Suite
  /** undefined when the suite's data is absent. */
  readonly verdicts: ReadonlyArray<Verdict> | undefined
}

const passedOf = (verdicts: ReadonlyArray<Verdict>): number =>
  verdicts.filter(({ problem }) => problem === undefined).length

export const summary = (scored: ReadonlyArray<Scored>): ReadonlyArray<ReadonlyArray<string>> =>
  scored.map(({ suite, verdicts }) => {
    if (verdicts === undefined) return [suite.name, "", "", "skipped: no data", `${suite.wanted}`]
    const tally = { cases: verdicts.length, passed: passedOf(verdicts) }
    return [suite.name, `${tally.cases}`, `${tally.passed}`, percent(tally), `${suite.wanted}`]
  })

const heads = ["suite", "cases", "passed", "percent", "wanted"]

export const qualityPage = (scored: ReadonlyArray<Scored>, split: string): string => {
  const parts = [
    "<!-- Written by `npm run score`. Do not edit. -->",
    "# Quality of what is read",
    `How many lines of ${scored.length} corpora become the record they should, on the split "${split}". The corpora lie beside the repository,\nnot in it; \`npm run score\` reads them from \`../shared/data\` or from \`--data DIR\`, and says what is absent.`,
    table(heads, summary(scored)),
    ...scored.map(({ suite, verdicts }) => {
      const kinds = tallies(verdicts ?? []).map((tally) => [
        tally.kind,
        `${tally.cases}`,
        `${tally.passed}`,
        percent(tally)
      ])
      const text =
        verdicts === undefined ? "Skipped: its data is absent." : table(["kind", "cases", "passed", "percent"], kinds)
      return `## ${suite.name}\n\n${suite.asks}\n\n${text}`
    })
  ]
  return `${parts.join("\n\n")}\n`
}
