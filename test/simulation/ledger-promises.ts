// Ledger promises: what is entered adds up, and is what has become of the input.

import type { ModelTables } from "./model-tables.ts"
import { isLate } from "./poison.ts"
import type { Outputs } from "./promises.ts"
import { type Account, accountAt, add, type Truth } from "./truth.ts"

/** By partition, minute, tenant and source. */
export const ledgerProblems = ({ lost, tables, truth }: Outputs): ReadonlyArray<string> => {
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
  if (lost.length > 0) return [...sums, ...unaccounted(entered, truth, lost)].slice(0, 3)
  const expected = trueLedger(tables, truth)
  const keys = new Set([...entered.keys(), ...expected.keys()])
  const wrong = [...keys].flatMap((key) => {
    const said = textOf(entered.get(key))
    const was = textOf(expected.get(key))
    return said === was ? [] : [`the ledger says ${said} of ${key}, and it was ${was}`]
  })
  return [...sums, ...wrong].slice(0, 3)
}

/**
 * Of messages that the broker has lost, some may be accounted. Those without a row that lie just before the loss count as new,
 * because nothing stored tells that they are not.
 */
const unaccounted = (
  entered: ReadonlyMap<string, Account>,
  truth: Truth,
  lost: ReadonlyArray<Truth>
): ReadonlyArray<string> => {
  const receivedAt = (one: Truth, key: string) => one.ledger.get(key)?.received ?? 0
  return [...new Set([...entered.keys(), ...truth.ledger.keys()])].flatMap((key) => {
    const said = entered.get(key)?.received ?? 0
    const least = receivedAt(truth, key)
    const rowless = truth.rowless.get(key) ?? 0
    const most = lost.reduce((sum, one) => sum + receivedAt(one, key), least + rowless)
    return said >= least && said <= most ? [] : [`the ledger says ${said} of ${key}, and ${least} to ${most} came`]
  })
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
