// ModelTables: the tables of a store as pipelines see them, in memory: parts, logs of tokens, a rollup that hangs on inserts.
import type { StoredBatch } from "@tailrace/store/tables"
import { type NativeRow, readNativeRows } from "./native-reader.ts"

/** How far an insert comes that the store does not survive. */
export const cutShort = ["nothing", "token only", "rows only", "rollup token only", "everything"] as const
export type CutShort = (typeof cutShort)[number]

interface Part {
  readonly token: string
  readonly bytes: Uint8Array
  readonly rows: ReadonlyArray<NativeRow>
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
  /** By identity, as the engine replaces them: the row that counts. */
  readonly panes = new Map<string, JsonRow>()
  readonly anomalies = new Map<string, JsonRow>()
  /** Rows stored by sequence of their message. */
  readonly storedRows = new Map<number, number>()
  ledgerThrough = 0
  /** Findings that were stored again under their identity and say something else. */
  readonly contradictions: Array<string> = []
  private readonly paneCounts = new Map<string, number>()
  private readonly tokens = new Set<string>()
  private readonly rollupTokens = new Set<string>()

  /** One insert, whole or cut short by the end of the store. A token that is known changes nothing. */
  insertLogs(token: string, bytes: Uint8Array, until: CutShort = "everything"): void {
    if (until === "nothing") return
    const rows = readNativeRows(bytes)
    if (!this.tokens.has(`logs ${token}`)) {
      this.tokens.add(`logs ${token}`)
      if (until === "token only") return
      this.parts.push({ token, bytes, rows })
      for (const { sequence } of rows) this.storedRows.set(sequence, (this.storedRows.get(sequence) ?? 0) + 1)
    }
    if (until === "rows only" || this.rollupTokens.has(token)) return
    this.rollupTokens.add(token)
    if (until !== "rollup token only") addUp(this.rollup, rows)
  }

  insertJson(table: string, token: string, rows: ReadonlyArray<JsonRow>, until: CutShort = "everything"): void {
    if (until === "nothing" || this.tokens.has(`${table} ${token}`)) return
    this.tokens.add(`${table} ${token}`)
    if (until === "token only") return
    for (const row of rows) {
      if (table === "panes") this.replace(this.panes, row, paneIdentity)
      else if (table === "anomalies") this.replace(this.anomalies, row, anomalyIdentity)
      else {
        this.ledger.push(row)
        this.ledgerThrough = Math.max(this.ledgerThrough, Number(row.last_sequence))
      }
    }
  }

  lastInsert(table: "logs" | "ledger", partition: number): StoredBatch | undefined {
    const inserts =
      table === "logs"
        ? this.parts.flatMap(({ rows }) => rows.map((row) => ({ ...row, first: row.sequence, last: row.sequence })))
        : this.ledger.map((row) => ({
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
    const part = this.parts.find(({ rows: [row] }) => row?.partition === partition && row.ingestedAt === ingestedAt)
    return part?.bytes ?? new Uint8Array(0)
  }

  rollupShortage(partition: number, ingestedAt: number): number {
    const own = new Map<string, RollupCell>()
    const stored = new Map<string, RollupCell>()
    for (const { rows } of this.parts) {
      if (rows[0]?.partition !== partition) continue
      if (rows[0].ingestedAt === ingestedAt) addUp(own, rows)
      addUp(stored, rows)
    }
    const times = new Set(
      [...own].map(([key, { records }]) => {
        const missing = (stored.get(key)?.records ?? 0) - (this.rollup.get(key)?.records ?? 0)
        return missing / records
      })
    )
    const [first = 0] = times
    return times.size > 1 ? Number.NaN : first
  }

  fillRollup(partition: number, ingestedAt: number, times: number): void {
    for (const { rows } of this.parts) {
      if (rows[0]?.partition === partition && rows[0].ingestedAt === ingestedAt) addUp(this.rollup, rows, times)
    }
  }

  /** How many panes of a metric there are. */
  panesOf(metric: string): number {
    return this.paneCounts.get(metric) ?? 0
  }

  /** The rollup as it ought to be. */
  rollupOfRows(): Map<string, RollupCell> {
    const cells = new Map<string, RollupCell>()
    for (const { rows } of this.parts) addUp(cells, rows)
    return cells
  }

  private replace(into: Map<string, JsonRow>, row: JsonRow, identity: ReadonlyArray<string>): void {
    const id = identity.map((name) => String(row[name])).join(" ")
    const before = into.get(id)
    if (before !== undefined && saying(before) !== saying(row)) {
      this.contradictions.push(`${id}: ${saying(before)}, and then ${saying(row)}`)
    } else if (before === undefined && into === this.panes) {
      const metric = String(row.metric)
      this.paneCounts.set(metric, this.panesOf(metric) + 1)
    }
    into.set(id, row)
  }
}

const paneIdentity = ["tenant", "metric", "window_start", "partition", "key_id"]
const anomalyIdentity = ["tenant", "metric", "detector", "window_start", "partition", "key_id"]

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
