// LedgerTable: the ledger as a person reads it: a line for each minute and source, sums, and by which rule and for which reason.
import { escapeForTerminal } from "./escape.ts"
import type { Style } from "./style.ts"

interface Counts {
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
  readonly unaccounted: number
}

export interface LedgerEntry extends Counts {
  readonly minute: string
  readonly tenant: string
  readonly source: string
  /** Records by rule, and by reason. */
  readonly droppedBy: Readonly<Record<string, number>>
  readonly rejectedBy: Readonly<Record<string, number>>
}

export interface Ledger extends Counts {
  readonly balanced: boolean
  readonly entries: ReadonlyArray<LedgerEntry>
}

const columns = ["received", "stored", "deduplicated", "dropped", "rejected"] as const

const line = (minute: string, name: string, cells: ReadonlyArray<string | number>): string =>
  `${minute.padEnd(20)} ${name.padEnd(28)} ${cells.map((cell) => String(cell).padStart(12)).join(" ")}`

/** Sums over all entries, the largest first. */
const sumsOf = (
  entries: ReadonlyArray<LedgerEntry>,
  by: "droppedBy" | "rejectedBy"
): ReadonlyArray<[string, number]> => {
  const sums = new Map<string, number>()
  for (const entry of entries)
    for (const [name, records] of Object.entries(entry[by])) sums.set(name, (sums.get(name) ?? 0) + records)
  return [...sums].sort(([, a], [, b]) => b - a)
}

/** Lines for a terminal. */
export const ledgerLines = ({ entries, ...ledger }: Ledger, style: Style): ReadonlyArray<string> => {
  const cells = (counts: Counts) => columns.map((column) => counts[column])
  const lines = entries.map((entry) => {
    const name = escapeForTerminal(`${entry.tenant}/${entry.source}`)
    const text = line(entry.minute.slice(0, 16), name, cells(entry))
    return entry.unaccounted === 0 ? text : style("red", `${text}  ${entry.unaccounted} unaccounted for`)
  })
  const why = (what: string, by: "droppedBy" | "rejectedBy") =>
    sumsOf(entries, by).map(([name, records]) => `${records} ${what} ${escapeForTerminal(name)}`)
  return [
    style("bold", line("minute", "tenant/source", columns)),
    ...lines,
    line("total", "", cells(ledger)),
    ...why("dropped by", "droppedBy"),
    ...why("rejected as", "rejectedBy"),
    ledger.balanced
      ? style("green", "every record received is accounted for")
      : style("red", `${ledger.unaccounted} records are unaccounted for`)
  ]
}
