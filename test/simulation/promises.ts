// Promises: what must hold at every acknowledgement, and once everything has come to rest.
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { unpackBatch } from "@tailrace/processor/stage-message"
import { positionHeaders } from "@tailrace/streams/hop-position"
import { type Account, accountAt, type Truth } from "./input.ts"
import type { ModelStream } from "./model-stream.ts"
import type { JsonRow, ModelTables } from "./model-tables.ts"
import type { Placement } from "./simulate.ts"

/** Everything that promises are made about. */
export interface Outputs {
  readonly tables: ModelTables
  readonly truth: Truth
  readonly stream: (name: string) => ModelStream
  readonly snapshotOffset: () => number
  /** Counts of the panes that snapshots held as found, by metric, tenant, service and start. */
  readonly found: ReadonlyMap<string, number>
}

const nextStream: Readonly<Record<string, string>> = { raw: "parsed", parsed: "filtered", filtered: "enriched" }

/** Watches acknowledgements: a message may be acknowledged only when every output holds what came of it. */
export class AcknowledgementWatch {
  private checked = 0
  private readonly outputs: Outputs
  private readonly placement: Placement

  constructor(outputs: Outputs, placement: Placement) {
    this.outputs = outputs
    this.placement = placement
  }

  /** What is wrong with acknowledging a stream through `sequence`; undefined when nothing is. */
  problem(stream: ModelStream, sequence: number): string | undefined {
    if (this.placement === "fused") return this.notHeld(sequence)
    const next = nextStream[stream.name]
    if (next !== undefined) {
      const problem = this.notHandedOn(stream.name, next, sequence)
      const mayBeFused = this.placement === "changing" && stream.name === "raw"
      return problem !== undefined && mayBeFused ? this.notHeld(sequence) : problem
    }
    const message = stream.messages[sequence - 1]
    return message === undefined
      ? `${stream.name} has no ${sequence}`
      : this.notHeld(decodeBatch(unpackBatch(message.data)).lastSequence)
  }

  private notHandedOn(from: string, to: string, sequence: number): string | undefined {
    const last = this.outputs.stream(to).lastMessage(`logs.${to}.0`)
    const covered = Number(last?.headers[positionHeaders.last] ?? 0)
    const [part, parts] = (last?.headers[positionHeaders.part] ?? "1/1").split("/")
    const whole = covered > sequence || (covered === sequence && part === parts)
    return whole ? undefined : `${from} is acknowledged through ${sequence}, and ${to} covers ${covered}`
  }

  private notHeld(through: number): string | undefined {
    const { snapshotOffset, tables, truth } = this.outputs
    const early = (output: string) => `acknowledged through ${through}, and ${output}`
    if (tables.ledgerThrough < through) return early(`the ledger reaches to ${tables.ledgerThrough}`)
    if (snapshotOffset() < through) return early(`the snapshot covers ${snapshotOffset()}`)
    for (let sequence = this.checked + 1; sequence <= through; sequence++) {
      const stored = tables.storedRows.get(sequence) ?? 0
      if (stored < (truth.kept.get(sequence) ?? 0)) return early(`${stored} rows of message ${sequence} are stored`)
    }
    this.checked = Math.max(this.checked, through)
    return undefined
  }
}

/** Every promise that is broken now that everything has come to rest, in words. */
export const brokenPromises = (outputs: Outputs): ReadonlyArray<string> => [
  ...rowProblems(outputs),
  ...rollupProblems(outputs.tables),
  ...ledgerProblems(outputs),
  ...paneProblems(outputs),
  ...outputs.tables.contradictions.slice(0, 3)
]

const rowProblems = ({ tables, truth }: Outputs): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const problems: Array<string> = []
  for (const { rows, token } of tables.parts) {
    for (const { body, row, sequence } of rows) {
      const id = `${sequence}-${row}`
      if (seen.has(id)) problems.push(`row ${id} is stored twice, again by ${token}`)
      else if (truth.rows.get(id) !== body) problems.push(`row ${id} is ${body}, not ${truth.rows.get(id)}`)
      seen.add(id)
    }
  }
  for (const id of truth.rows.keys()) if (!seen.has(id)) problems.push(`row ${id} is lost`)
  return problems.slice(0, 3)
}

const rollupProblems = (tables: ModelTables): ReadonlyArray<string> => {
  const expected = tables.rollupOfRows()
  const keys = new Set([...expected.keys(), ...tables.rollup.keys()])
  return [...keys]
    .flatMap((key) => {
      const counted = JSON.stringify(tables.rollup.get(key))
      const rows = JSON.stringify(expected.get(key))
      return counted === rows ? [] : [`the rollup says ${counted} of ${key}, its rows ${rows}`]
    })
    .slice(0, 3)
}

const ledgerProblems = ({ tables, truth }: Outputs): ReadonlyArray<string> => {
  const accounts = new Map<string, Account>()
  for (const row of tables.ledger) {
    const account = accountAt(accounts, `${row.minute} ${row.tenant} ${row.source}`)
    account.received += Number(row.received)
    account.stored += Number(row.stored)
    for (const [rule, count] of Object.entries(row.dropped_by as Record<string, number>)) {
      account.droppedBy[rule] = (account.droppedBy[rule] ?? 0) + count
    }
  }
  const keys = new Set([...accounts.keys(), ...truth.ledger.keys()])
  return [...keys]
    .flatMap((key) => {
      const entered = textOf(accounts.get(key))
      const true_ = textOf(truth.ledger.get(key))
      return entered === true_ ? [] : [`the ledger says ${entered} of ${key}, and it was ${true_}`]
    })
    .slice(0, 3)
}

const textOf = (account: Account | undefined): string =>
  account === undefined
    ? "nothing"
    : `${account.received} received, ${account.stored} stored, dropped ${JSON.stringify(Object.entries(account.droppedBy).sort())}`

/** Panes with hours of patience hold every record; those with seconds hold what was not late. */
const paneProblems = ({ found, tables, truth }: Outputs): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const counted = new Set<string>()
  const stored = new Map<string, number>()
  for (const pane of tables.panes.values()) {
    const key = paneKey(pane)
    const expected = (pane.metric === "patient" ? truth.minutes : truth.tens).get(key) ?? 0
    const count = Number(pane.count)
    stored.set(`${pane.metric} ${key}`, count)
    const wrong = pane.metric === "patient" ? count !== expected : count > expected
    if (wrong) problems.push(`a pane of ${pane.metric} counts ${count} of ${key}, where ${expected} are`)
    if (pane.metric === "patient") counted.add(key)
  }
  for (const key of truth.minutes.keys()) if (!counted.has(key)) problems.push(`no pane of ${key}`)
  for (const [key, count] of found) {
    if (stored.get(key) !== count)
      problems.push(`a pane of ${key} was found with ${count} and is stored with ${stored.get(key)}`)
  }
  return problems.slice(0, 3)
}

const paneKey = (pane: JsonRow): string => {
  const { service } = pane.key as { readonly service: string }
  return `${pane.tenant} ${service} ${Date.parse(String(pane.window_start))}`
}
