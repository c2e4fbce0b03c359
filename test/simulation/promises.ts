// Promises: what must hold once everything has come to rest.
import type { Pipeline } from "@tailrace/processor/pipelines"
import { ledgerProblems } from "./ledger-promises.ts"
import { letterProblems } from "./letter-promises.ts"
import type { ModelFiles } from "./model-files.ts"
import type { ModelStream } from "./model-stream.ts"
import { type ModelTables, paneKey } from "./model-tables.ts"
import { rowProblems } from "./row-promises.ts"
import type { Truth } from "./truth.ts"

/** Everything that promises are made about. */
export interface Outputs {
  readonly tables: ModelTables
  /** What has to come of what the broker has. */
  truth: Truth
  /** What would have come of messages that the broker lost, loss by loss: some, all or nothing of it may be there. */
  readonly lost: Array<Truth>
  /** The broker lost snapshots: what windows had counted since the one before is read again where it is not acknowledged. */
  snapshotsLost: boolean
  readonly partitions: number
  readonly stagesFor: Pipeline["stagesFor"]
  readonly stream: (name: string) => ModelStream
  readonly snapshotOffset: (partition: number) => number
  /** Whether the store refuses what it cannot take from the beginning to the end. */
  readonly alwaysConstrained: boolean
  /** What a further sink has written; undefined where there is none. */
  readonly files: ModelFiles | undefined
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
  ...fileProblems(outputs),
  // Findings that were saved and lost are made again without what the broker has lost meanwhile.
  ...(isWhole(outputs) ? outputs.tables.contradictions.slice(0, 3) : [])
]

/**
 * Whether the broker has lost nothing that windows go by. A snapshot that covers lost messages is not told from one that covers
 * the new ones in their places, unless rows of them were stored too.
 */
const isWhole = ({ lost, snapshotsLost }: Outputs): boolean => lost.length === 0 && !snapshotsLost

/** What is stored, and nothing else, is in the files of some process, and in those of each at most once. */
const fileProblems = ({ files, tables }: Outputs): ReadonlyArray<string> => {
  if (files === undefined) return []
  const stored = tables.parts.flatMap((part) => part.stored.map(({ row, sequence }) => `${sequence}-${row}`))
  const missing = stored.filter((id) => !files.rows.has(id)).map((id) => `row ${id} is stored, and in no file`)
  const rows = new Set(stored)
  const foreign = [...files.rows].filter((id) => !rows.has(id)).map((id) => `row ${id} is in a file, and not stored`)
  return [...files.doubled, ...missing, ...foreign].slice(0, 3)
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

/** The windows that are sure to have a pane: the store cannot refuse all of their records, and the broker has some of them. */
export const sureWindows = (outputs: Outputs): ReadonlyArray<string> =>
  !isWhole(outputs) ? [] : [...outputs.truth.minutes].filter(([, { most, open }]) => most > open).map(([key]) => key)

/**
 * Panes with hours of patience hold every record; those with seconds hold what was not late. A record that the store refuses
 * was counted before, but is not where a life begins behind its letter.
 */
const paneProblems = (outputs: Outputs): ReadonlyArray<string> => {
  const { found, lost, tables, truth } = outputs
  const whole = isWhole(outputs)
  const problems: Array<string> = []
  const stored = new Map<string, number>()
  for (const pane of tables.panes.values()) {
    const key = paneKey(pane)
    const windowOf = ({ minutes, tens }: Truth) =>
      (pane.metric === "patient" ? minutes : tens).get(key) ?? { most: 0, open: 0 }
    const { most, open } = windowOf(truth)
    const gone = lost.reduce((sum, one) => sum + windowOf(one).most, 0)
    const count = Number(pane.count)
    stored.set(`${pane.metric} ${key}`, count)
    if (count > most + gone || (pane.metric === "patient" && whole && count < most - open))
      problems.push(`a pane of ${pane.metric} counts ${count} of ${key}, where ${most} are`)
  }
  for (const key of sureWindows(outputs)) if (!stored.has(`patient ${key}`)) problems.push(`no pane of ${key}`)
  for (const [key, count] of whole ? found : []) {
    if (stored.get(key) !== count)
      problems.push(`a pane of ${key} was found with ${count} and is stored with ${stored.get(key)}`)
  }
  return problems.slice(0, 3)
}
