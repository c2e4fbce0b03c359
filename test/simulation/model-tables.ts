// ModelTables: the tables of a store as pipelines see them, in memory: parts, logs of tokens, a rollup that hangs on inserts.
import type { SplitFrameFound } from "@tailrace/store/settled-records"
import type { StoredBatch } from "@tailrace/store/tables"
import { ModelLetters } from "./model-letters.ts"
import type { NativeLetter, NativeRow } from "./native-reader.ts"

/** How far an insert comes that the store does not survive. */
export const cutShort = ["nothing", "token only", "rows only", "rollup token only", "everything"] as const
export type CutShort = (typeof cutShort)[number]

interface Part extends StoredBatch {
  readonly token: string
  readonly partition: number
  readonly bytes: Uint8Array
  readonly stored: ReadonlyArray<NativeRow>
}

/** A row of `ledger`, `panes` or `anomalies` as it was inserted. */
export type JsonRow = Readonly<Record<string, unknown>>

const day = 86_400_000
const minute = 60_000

export interface RollupCell {
  records: number
  bytes: number
}

export class ModelTables {
  readonly parts: Array<Part> = []
  readonly rollup = new Map<string, RollupCell>()
  readonly ledger: Array<JsonRow> = []
  readonly letters = new ModelLetters()
  /** By identity, as the engine replaces them: the row that counts. */
  readonly panes = new Map<string, JsonRow>()
  readonly anomalies = new Map<string, JsonRow>()
  /** Rows stored by sequence of their message. */
  readonly storedRows = new Map<number, number>()
  private readonly accounted = new Map<number, number>()
  /** A mistake: the rollup is compared with the rows of all partitions together. */
  comparesEverything = false
  /** Findings that were stored again under their identity and say something else. */
  readonly contradictions: Array<string> = []
  /** Metrics and keys of the panes; see `paneKey`. */
  readonly closed = new Set<string>()
  private readonly tokens = new Set<string>()
  private readonly rollupTokens = new Set<string>()

  /** One insert, whole or cut short by the end of the store. A token that is known changes nothing. */
  insertLogs(token: string, bytes: Uint8Array, rows: ReadonlyArray<NativeRow>, until: CutShort): void {
    if (until === "nothing") return
    if (!this.tokens.has(`logs ${token}`)) {
      this.tokens.add(`logs ${token}`)
      if (until === "token only") return
      this.parts.push(partOf(token, bytes, rows))
      for (const { sequence } of rows) this.storedRows.set(sequence, (this.storedRows.get(sequence) ?? 0) + 1)
    }
    if (until === "rows only" || this.rollupTokens.has(token)) return
    this.rollupTokens.add(token)
    if (until !== "rollup token only") addUp(this.rollup, rows)
  }

  insertLetters(token: string, letters: ReadonlyArray<NativeLetter>, until: CutShort): void {
    if (this.isNew("dead_letters", token, until)) this.letters.insert(letters)
  }

  insertJson(table: string, token: string, rows: ReadonlyArray<JsonRow>, until: CutShort): void {
    if (!this.isNew(table, token, until)) return
    for (const row of rows) {
      if (table === "panes") this.replace(this.panes, row, paneIdentity)
      else if (table === "anomalies") this.replace(this.anomalies, row, anomalyIdentity)
      else if (table === "split_frames") this.letters.mark(row)
      else {
        const partition = Number(row.partition)
        this.ledger.push(row)
        this.accounted.set(partition, Math.max(this.ledgerThrough(partition), Number(row.last_sequence)))
      }
    }
  }

  ledgerThrough(partition: number): number {
    return this.accounted.get(partition) ?? 0
  }

  /** Logs a token, and answers whether the rows under it come into the table. */
  private isNew(table: string, token: string, until: CutShort): boolean {
    if (until === "nothing" || this.tokens.has(`${table} ${token}`)) return false
    this.tokens.add(`${table} ${token}`)
    return until !== "token only"
  }

  lastInsert(table: "logs" | "ledger", partition: number): StoredBatch | undefined {
    if (table === "logs") {
      return this.partsOf(partition).reduce<Part | undefined>(
        (newest, part) => (newest !== undefined && newest.ingestedAt >= part.ingestedAt ? newest : part),
        undefined
      )
    }
    const inserts = this.ledger.map((row) => ({
      partition: Number(row.partition),
      first: Number(row.first_sequence),
      last: Number(row.last_sequence),
      attempt: Number(row.attempt),
      ingestedAt: Date.parse(String(row.ingested_at))
    }))
    const own = inserts.filter((one) => one.partition === partition)
    if (own.length === 0) return undefined
    const ingestedAt = own.reduce((latest, one) => Math.max(latest, one.ingestedAt), 0)
    const newest = own.filter((one) => one.ingestedAt === ingestedAt)
    return {
      firstSequence: newest.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY),
      lastSequence: newest.reduce((most, { last }) => Math.max(most, last), 0),
      attempt: newest.reduce((most, { attempt }) => Math.max(most, attempt), 0),
      ingestedAt,
      rows: newest.length
    }
  }

  /** The block of a stored batch, which as a rule is the one it came in. */
  readBatch(partition: number, ingestedAt: number): Uint8Array {
    return this.partsOf(partition).find((part) => part.ingestedAt === ingestedAt)?.bytes ?? new Uint8Array(0)
  }

  rollupShortage(partition: number, ingestedAt: number): number {
    const batch = this.partsOf(partition).find((part) => part.ingestedAt === ingestedAt)
    const own = new Map<string, RollupCell>()
    const stored = new Map<string, RollupCell>()
    if (batch !== undefined) addUp(own, batch.stored)
    for (const part of this.comparesEverything ? this.parts : this.partsOf(partition)) addUp(stored, part.stored)
    const sum = (cells: ReadonlyMap<string, RollupCell>, key: string) => {
      if (!this.comparesEverything) return cells.get(key)?.records ?? 0
      const alike = [...cells].filter(([other]) => withoutPartition(other) === withoutPartition(key))
      return alike.reduce((records, [, cell]) => records + cell.records, 0)
    }
    const times = new Set([...own].map(([key, { records }]) => (sum(stored, key) - sum(this.rollup, key)) / records))
    const [first = 0] = times
    return times.size > 1 ? Number.NaN : first
  }

  fillRollup(partition: number, ingestedAt: number, times: number): void {
    for (const part of this.partsOf(partition)) {
      if (part.ingestedAt === ingestedAt) addUp(this.rollup, part.stored, times)
    }
  }

  /** The rollup as it ought to be. */
  rollupOfRows(): Map<string, RollupCell> {
    const cells = new Map<string, RollupCell>()
    for (const { stored } of this.parts) addUp(cells, stored)
    return cells
  }

  /** See `splitFrameFound` of the store. */
  splitFrameFound(partition: number, lastSequence: number): SplitFrameFound {
    const { markedAt, sequence } = this.letters.lastMark(partition)
    if (sequence !== lastSequence) return { markedAt, unfinished: undefined }
    let row = this.letters.lastRefused(partition, lastSequence)
    for (const { stored } of this.partsOf(partition)) {
      for (const one of stored) if (one.sequence === lastSequence) row = Math.max(row, one.row)
    }
    return { markedAt, unfinished: { sequence: lastSequence, row } }
  }

  private partsOf(partition: number): ReadonlyArray<Part> {
    return this.parts.filter((part) => part.partition === partition)
  }

  private replace(into: Map<string, JsonRow>, row: JsonRow, identity: ReadonlyArray<string>): void {
    const id = identity.map((name) => String(row[name])).join(" ")
    const before = into.get(id)
    if (before !== undefined && saying(before) !== saying(row)) {
      this.contradictions.push(`${id}: ${saying(before)}, and then ${saying(row)}`)
    } else if (into === this.panes) this.closed.add(`${row.metric} ${paneKey(row)}`)
    into.set(id, row)
  }
}

const withoutPartition = (key: string): string => key.replace(/ \d+/, "")

const paneIdentity = ["tenant", "metric", "window_start", "partition", "key_id"]
const anomalyIdentity = ["tenant", "metric", "detector", "window_start", "partition", "key_id"]

/** Partition, tenant, service and start of a pane. */
export const paneKey = (pane: JsonRow): string => {
  const { service } = pane.key as { readonly service: string }
  return `${pane.partition} ${pane.tenant} ${service} ${Date.parse(String(pane.window_start))}`
}

/** What the rows of one insert tell of it together. */
const partOf = (token: string, bytes: Uint8Array, stored: ReadonlyArray<NativeRow>): Part => {
  const first = stored[0] as NativeRow
  const sequences = stored.map(({ sequence }) => sequence)
  return {
    token,
    bytes,
    stored,
    partition: first.partition,
    firstSequence: Math.min(...sequences),
    lastSequence: Math.max(...sequences),
    attempt: Math.max(...stored.map(({ attempt }) => attempt)),
    ingestedAt: first.ingestedAt,
    rows: stored.length
  }
}

/** What a finding says: everything but when it was stored. */
const saying = ({ ingested_at: _, ...row }: JsonRow): string => JSON.stringify(row)

const addUp = (cells: Map<string, RollupCell>, rows: ReadonlyArray<NativeRow>, times = 1): void => {
  for (const row of rows) {
    const at = Math.floor(row.timestampMillis / minute)
    const key = `${Math.floor(row.ingestedAt / day)} ${row.partition} ${row.tenant} ${at} ${row.service} ${row.severity}`
    let cell = cells.get(key)
    if (cell === undefined) {
      cell = { records: 0, bytes: 0 }
      cells.set(key, cell)
    }
    cell.records += times
    cell.bytes += row.bodyBytes * times
  }
}
