// Counts: what a stand has stored and accounted for, counted exactly in its own tables.
import type { Stand } from "./stand/stand.ts"

export interface Counts {
  /** Rows in `logs`. */
  readonly stored: number
  /** Rows that carry a number, and how many different numbers they carry. */
  readonly numbered: number
  readonly distinct: number
  /** Records of the rollup by minute. */
  readonly rollup: number
  /** Numbered records counted by the windows that have closed. */
  readonly panes: number
  /** Sums of the ledger, and its entries that do not add up in themselves. */
  readonly received: number
  readonly accounted: number
  readonly dropped: number
  readonly deadLettered: number
  readonly unbalanced: number
}

const question = `SELECT
  (SELECT count() FROM logs) AS stored,
  (SELECT countIf(attributes['n'] != '') FROM logs) AS numbered,
  (SELECT uniqExactIf(attributes['n'], attributes['n'] != '') FROM logs) AS distinct,
  (SELECT sum(records) FROM logs_per_minute) AS rollup,
  (SELECT sum(value) FROM panes FINAL WHERE metric = 'records' AND key['service'] LIKE 'chaos-%') AS panes,
  (SELECT sum(received) FROM ledger) AS received,
  (SELECT sum(stored) FROM ledger) AS accounted,
  (SELECT sum(dropped) FROM ledger) AS dropped,
  (SELECT sum(rejected) FROM ledger) AS deadLettered,
  (SELECT countIf(received != stored + dropped + deduplicated + rejected) FROM ledger) AS unbalanced`

export const readCounts = async (stand: Stand): Promise<Counts> => {
  const [row] = await stand.select<Record<keyof Counts, string | number | null>>(question)
  if (row === undefined) throw new Error("the store answered no row")
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as unknown as Counts
}

/** Rows in `logs`; 0 while the store does not answer. */
export const storedNow = (stand: Stand): Promise<number> =>
  stand.select<{ rows: string }>("SELECT count() AS rows FROM logs").then(
    ([row]) => Number(row?.rows ?? 0),
    () => 0
  )
