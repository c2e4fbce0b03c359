// Promises: what must hold once everything has come to rest.
import { letterProblems } from "./letter-promises.ts"
import type { ModelStream } from "./model-stream.ts"
import { type ModelTables, paneKey } from "./model-tables.ts"
import { isLate } from "./poison.ts"
import { type Account, accountAt, add, type Truth } from "./truth.ts"

/** Everything that promises are made about. */
export interface Outputs {
  readonly tables: ModelTables
  readonly truth: Truth
  readonly stream: (name: string) => ModelStream
  readonly snapshotOffset: (partition: number) => number
  /** Whether the store refuses what it cannot take from the beginning to the end. */
  readonly alwaysConstrained: boolean
  /** Counts of the panes that snapshots held as found, by metric, partition, tenant, service and start. */
  readonly found: ReadonlyMap<string, number>
}

/** Every promise that is broken now that everything has come to rest, in words. */
export const brokenPromises = (outputs: Outputs): ReadonlyArray<string> => [
  ...rowProblems(outputs),
  ...rollupProblems(outputs.tables),
  ...letterProblems(outputs),
  ...ledgerProblems(outputs),
  ...paneProblems(outputs),
  ...outputs.tables.contradictions.slice(0, 3)
]

const rowProblems = ({ tables, truth }: Outputs): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const problems: Array<string> = []
  for (const { stored, token } of tables.parts) {
    for (const { body, partition, row, sequence } of stored) {
      const id = `${sequence}-${row}`
      const expected = truth.rows.get(id)
      if (seen.has(id)) problems.push(`row ${id} is stored twice, again by ${token}`)
      else if (expected?.body !== body) problems.push(`row ${id} is ${body}, not ${expected?.body}`)
      else if (expected.partition !== partition) problems.push(`row ${id} is stored in partition ${partition}`)
      seen.add(id)
    }
  }
  for (const { row, sequence, stage } of tables.letters.byId.values()) {
    const id = `${sequence}-${row}`
    if (!isLate(stage)) continue
    if (seen.has(id)) problems.push(`row ${id} is stored, and a dead letter too`)
    seen.add(id)
  }
  for (const id of truth.rows.keys()) if (!seen.has(id)) problems.push(`row ${id} is lost`)
  return problems.slice(0, 3)
}

const rollupProblems = (tables: ModelTables): ReadonlyArray<string> => {
  const expected = tables.rollupOfRows().cells
  const { cells } = tables.rollup
  const keys = new Set([...expected.keys(), ...cells.keys()])
  return [...keys]
    .flatMap((key) => {
      const counted = JSON.stringify(cells.get(key))
      const rows = JSON.stringify(expected.get(key))
      return counted === rows ? [] : [`the rollup says ${counted} of ${key}, its rows ${rows}`]
    })
    .slice(0, 3)
}

/** By partition, minute, tenant and source. */
const ledgerProblems = ({ tables, truth }: Outputs): ReadonlyArray<string> => {
  const entered = new Map<string, Account>()
  const sums: Array<string> = []
  for (const row of tables.ledger) {
    const account = accountAt(entered, `${row.partition} ${row.minute} ${row.tenant} ${row.source}`)
    const [received, stored, deduplicated] = [Number(row.received), Number(row.stored), Number(row.deduplicated)]
    account.received += received
    account.stored += stored
    account.deduplicated += deduplicated
    for (const [rule, count] of countsOf(row.dropped_by)) add(account.droppedBy, rule, count)
    for (const [reason, count] of countsOf(row.rejected_by)) add(account.rejectedBy, reason, count)
    if (received !== stored + deduplicated + Number(row.dropped) + Number(row.rejected))
      sums.push(`the ledger does not add up: ${JSON.stringify(row)}`)
  }
  const expected = trueLedger(tables, truth)
  const keys = new Set([...entered.keys(), ...expected.keys()])
  const wrong = [...keys].flatMap((key) => {
    const said = textOf(entered.get(key))
    const was = textOf(expected.get(key))
    return said === was ? [] : [`the ledger says ${said} of ${key}, and it was ${was}`]
  })
  return [...sums, ...wrong].slice(0, 3)
}

/** What became a letter late is not stored. */
const trueLedger = (tables: ModelTables, truth: Truth): ReadonlyMap<string, Account> => {
  const accounts = structuredClone(truth.ledger)
  for (const { reason, sequence, stage } of tables.letters.byId.values()) {
    if (!isLate(stage)) continue
    const account = accountAt(accounts, truth.accountOf.get(sequence) ?? "")
    account.stored--
    add(account.rejectedBy, reason, 1)
  }
  return accounts
}

const countsOf = (counts: unknown): ReadonlyArray<[string, number]> => Object.entries(counts as Record<string, number>)

const textOf = (account: Account | undefined): string => {
  if (account === undefined) return "nothing"
  const { deduplicated, droppedBy, received, rejectedBy, stored } = account
  const [dropped, rejected] = [droppedBy, rejectedBy].map((by) => JSON.stringify(Object.entries(by).sort()))
  return `${received} received, ${stored} stored, ${deduplicated} deduplicated, dropped ${dropped}, rejected ${rejected}`
}

/** The windows that are sure to have a pane: the store cannot refuse all of their records. */
export const sureWindows = ({ truth }: Outputs): ReadonlyArray<string> =>
  [...truth.minutes].filter(([, { most, open }]) => most > open).map(([key]) => key)

/**
 * Panes with hours of patience hold every record; those with seconds hold what was not late. A record that the store refuses
 * was counted before, but is not where a life begins behind its letter.
 */
const paneProblems = (outputs: Outputs): ReadonlyArray<string> => {
  const { found, tables, truth } = outputs
  const problems: Array<string> = []
  const stored = new Map<string, number>()
  for (const pane of tables.panes.values()) {
    const key = paneKey(pane)
    const { most, open } = (pane.metric === "patient" ? truth.minutes : truth.tens).get(key) ?? { most: 0, open: 0 }
    const count = Number(pane.count)
    stored.set(`${pane.metric} ${key}`, count)
    if (count > most || (pane.metric === "patient" && count < most - open))
      problems.push(`a pane of ${pane.metric} counts ${count} of ${key}, where ${most} are`)
  }
  for (const key of sureWindows(outputs)) if (!stored.has(`patient ${key}`)) problems.push(`no pane of ${key}`)
  for (const [key, count] of found) {
    if (stored.get(key) !== count)
      problems.push(`a pane of ${key} was found with ${count} and is stored with ${stored.get(key)}`)
  }
  return problems.slice(0, 3)
}
