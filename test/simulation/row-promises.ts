// Row promises: each record that passes the stages is stored once, or is one letter of those behind them.
import { placeOf } from "@tailrace/streams/generation"
import { isLetterOf } from "./letter-promises.ts"
import { isLate } from "./poison.ts"
import type { Outputs } from "./promises.ts"
import type { Truth } from "./truth.ts"

interface Seen {
  readonly truth: Truth
  readonly ids: Set<string>
}

/** By its place in the raw stream, where a message may be that the broker has lost, and another one now. */
const identityOf = ({ row, sequence }: { readonly row: number; readonly sequence: number }): string =>
  `${placeOf(sequence)}-${row}`

/** What of each truth's rows is there, that of what the broker has first; calls `problem` with what is wrong of it. */
const seenRows = ({ lost, tables, truth }: Outputs, problem: (text: string) => void): ReadonlyArray<Seen> => {
  const all = [truth, ...lost].map((one): Seen => ({ truth: one, ids: new Set() }))
  for (const { stored, token } of tables.parts) {
    for (const one of stored) {
      const id = identityOf(one)
      const own = all.filter(({ truth }) => truth.rows.get(id)?.body === one.body)
      const first = own.find(({ ids }) => !ids.has(id))
      if (own.length === 0) problem(`row ${id} is ${one.body}, not ${truth.rows.get(id)?.body}`)
      else if (first === undefined) problem(`row ${id} is stored twice, again by ${token}`)
      else if (first.truth.rows.get(id)?.partition !== one.partition)
        problem(`row ${id} is stored in partition ${one.partition}`)
      first?.ids.add(id)
    }
  }
  for (const letter of tables.letters.byId.values()) {
    if (!isLate(letter.stage)) continue
    const id = identityOf(letter)
    const own = all.find((one) => isLetterOf(one.truth, letter))
    if (own?.ids.has(id) === true) problem(`row ${id} is stored, and a dead letter too`)
    own?.ids.add(id)
  }
  return all
}

const missing = (seen: ReadonlyArray<Seen>): ReadonlyArray<string> =>
  seen.slice(0, 1).flatMap(({ ids, truth }) => [...truth.rows.keys()].filter((id) => !ids.has(id)))

/** Rows of what the broker has that are not there. */
export const missingRows = (outputs: Outputs): ReadonlyArray<string> => missing(seenRows(outputs, () => undefined))

export const rowProblems = (outputs: Outputs): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const seen = seenRows(outputs, (text) => problems.push(text))
  return [...problems, ...missing(seen).map((id) => `row ${id} is lost`)].slice(0, 3)
}
