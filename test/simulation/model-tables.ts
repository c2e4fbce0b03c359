// ModelTables: the tables of a store as pipelines see them, in memory: parts, logs of tokens, a rollup that hangs on inserts.
import type { SplitFrameFound } from "@tailrace/store/recover/settled-records"
import type { StoredMessage } from "@tailrace/store/recover/stored-messages"
import type { StoredBatch } from "@tailrace/store/tables"
import { ModelLetters } from "./model-letters.ts"
import { ModelRollup } from "./model-rollup.ts"
import { everything, ModelTokens, type Remains } from "./model-tokens.ts"
import type { NativeLetter, NativeRow } from "./native-reader.ts"

interface Part extends StoredBatch {
  readonly token: string
  readonly partition: number
  readonly bytes: Uint8Array
  readonly stored: ReadonlyArray<NativeRow>
}

/** A row of `ledger`, `panes` or `anomalies` as it was inserted. */
export type JsonRow = Readonly<Record<string, unknown>>

export class ModelTables {
  readonly parts: Array<Part> = []
  readonly rollup = new ModelRollup()
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
  readonly tokens = new ModelTokens()

  /** One insert, or what is left of it. A token that is known changes nothing. */
  insertLogs(token: string, bytes: Uint8Array, rows: ReadonlyArray<NativeRow>, remains: Remains): void {
    if (this.isNew("logs", token, remains.token) && remains.rows) {
      this.parts.push(partOf(token, bytes, rows))
      for (const { sequence } of rows) this.storedRows.set(sequence, (this.storedRows.get(sequence) ?? 0) + 1)
    }
    if (this.isNew("logs_per_minute", token, remains.rollupToken) && remains.rollup) this.rollup.add(rows)
  }

  insertLetters(token: string, letters: ReadonlyArray<NativeLetter>, remains: Remains = everything): void {
    if (this.isNew("dead_letters", token, remains.token) && remains.rows) this.letters.insert(letters)
  }

  insertJson(table: string, token: string, rows: ReadonlyArray<JsonRow>, remains: Remains = everything): void {
    if (!this.isNew(table, token, remains.token) || !remains.rows) return
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

  /** See `StoredMessages` of the store. */
  messagesBetween(partition: number, first: number, last: number, most: number): ReadonlyArray<StoredMessage> {
    const found = new Map<number, number>()
    for (const { observedMillis, sequence } of this.partsOf(partition).flatMap(({ stored }) => stored))
      if (sequence >= first && sequence <= last) found.set(sequence, observedMillis)
    const messages = [...found].map(([sequence, receivedMillis]) => ({ sequence, receivedMillis }))
    return messages.sort((a, b) => a.sequence - b.sequence).slice(-most)
  }

  ledgerThrough(partition: number): number {
    return this.accounted.get(partition) ?? 0
  }

  /** Answers whether a token is new to a table, and logs it if it is to be. */
  private isNew(table: string, token: string, logged: boolean): boolean {
    if (this.tokens.has(table, token)) return false
    if (logged) this.tokens.add(table, token)
    return true
  }

  /** The newest one, or that of a stamp. */
  lastInsert(table: "logs" | "ledger", partition: number, stamp?: number): StoredBatch | undefined {
    const isMeant = ({ ingestedAt }: { readonly ingestedAt: number }) => stamp === undefined || ingestedAt === stamp
    if (table === "logs") {
      return this.partsOf(partition)
        .filter(isMeant)
        .reduce<Part | undefined>(
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
    const own = inserts.filter((one) => one.partition === partition && isMeant(one))
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

  doubledRows(partition: number, ingestedAt: number): number {
    const rows = this.rowsOf(partition, ingestedAt)
    return rows.length - new Set(rows.map(({ row, sequence }) => `${sequence}-${row}`)).size
  }

  /** See `rollupGaps` of the store: what is missing, and where. */
  rollupGaps(partition: number, ingestedAt: number): ModelRollup {
    const all = this.comparesEverything ? this.parts : this.partsOf(partition)
    const rows = all.flatMap(({ stored }) => stored)
    return this.rollup.gaps(partition, this.rowsOf(partition, ingestedAt), rows, this.comparesEverything)
  }

  fillRollup(partition: number, ingestedAt: number): void {
    this.rollup.addAll(this.rollupGaps(partition, ingestedAt))
  }

  /** The rollup as it ought to be. */
  rollupOfRows(): ModelRollup {
    const rollup = new ModelRollup()
    for (const { stored } of this.parts) rollup.add(stored)
    return rollup
  }

  private rowsOf(partition: number, ingestedAt: number): ReadonlyArray<NativeRow> {
    return this.partsOf(partition).flatMap((part) => (part.ingestedAt === ingestedAt ? part.stored : []))
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

  get rowCount(): number {
    return this.parts.reduce((sum, { stored }) => sum + stored.length, 0)
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
