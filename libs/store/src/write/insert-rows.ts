// Insert rows: ledger entries, panes and anomalies, a few per batch, as JSON lines under a token.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { LedgerEntry } from "@tailrace/domain/ledger"
import type { Pane } from "@tailrace/domain/pane"
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { Tables } from "../tables.ts"
import type { InsertStamp } from "./native-block.ts"

/** What panes and anomalies of one insert have in common. */
export interface RowsStamp {
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
  /** The same for the same rows: they are stored once under it. */
  readonly token: string
}

/** Token of a batch's ledger entries; its parts stand in the entries. */
const ledgerToken = (partition: number, firstSequence: number, lastSequence: number, attempt: number): string =>
  `ledger-${partition}-${firstSequence}-${lastSequence}-${attempt}`

/** Stores the entries of one batch, all or none. */
export const insertLedger = (
  entries: ReadonlyArray<LedgerEntry>,
  stamp: InsertStamp
): Effect.Effect<void, StoreError, Store> => {
  const first = entries[0]
  if (first === undefined) return Effect.void
  const token = ledgerToken(first.partition, first.firstSequence, first.lastSequence, stamp.attempt)
  const rows = entries.map((entry) => ({
    minute: entry.minute / 1000,
    tenant: entry.tenant,
    source: entry.source,
    partition: entry.partition,
    first_sequence: entry.firstSequence,
    last_sequence: entry.lastSequence,
    attempt: stamp.attempt,
    ingested_at: moment(stamp.ingestedAt),
    received: entry.received,
    stored: entry.stored,
    deduplicated: entry.deduplicated,
    dropped: entry.dropped,
    rejected: entry.rejected,
    dropped_by: entry.droppedBy,
    rejected_by: entry.rejectedBy
  }))
  return insertJson("ledger", rows, token)
}

/** Stores panes; a pane stored before under the same identity is replaced by the higher revision. */
export const insertPanes = (panes: ReadonlyArray<Pane>, stamp: RowsStamp): Effect.Effect<void, StoreError, Store> =>
  insertJson(
    "panes",
    panes.map((pane) => ({
      tenant: pane.tenant,
      metric: pane.metric,
      type: pane.type,
      window_start: moment(pane.windowStart),
      window_end: moment(pane.windowEnd),
      partition: pane.partition,
      key_id: keyId(pane.key),
      key: pane.key,
      value: number(pane.value),
      count: pane.count,
      quantiles: Object.fromEntries(Object.entries(pane.quantiles).map(([name, value]) => [name, number(value)])),
      revision: pane.revision,
      sequence: pane.sequence,
      ingested_at: moment(stamp.ingestedAt)
    })),
    stamp.token
  )

/** Stores anomalies; replaced by identity like panes. */
export const insertAnomalies = (
  anomalies: ReadonlyArray<Anomaly>,
  stamp: RowsStamp
): Effect.Effect<void, StoreError, Store> =>
  insertJson(
    "anomalies",
    anomalies.map((anomaly) => ({
      tenant: anomaly.tenant,
      metric: anomaly.metric,
      detector: anomaly.detector,
      window_start: moment(anomaly.windowStart),
      window_end: moment(anomaly.windowEnd),
      partition: anomaly.partition,
      key_id: keyId(anomaly.key),
      key: anomaly.key,
      value: number(anomaly.value),
      expected: number(anomaly.expected),
      score: number(anomaly.score),
      direction: anomaly.direction,
      sentence: anomaly.sentence,
      revision: anomaly.revision,
      sequence: anomaly.sequence,
      ingested_at: moment(stamp.ingestedAt)
    })),
    stamp.token
  )

const insertJson = (
  table: string,
  rows: ReadonlyArray<object>,
  token: string
): Effect.Effect<void, StoreError, Store> =>
  rows.length === 0 ? Effect.void : Tables.use((tables) => tables.insertJson(table, rows, token))

/** Milliseconds as an ISO text with its zone, so that the server's zone has no say. */
export const moment = (millis: number): string => new Date(millis).toISOString()

/** JSON has no infinities and no NaN; ClickHouse reads them from texts. */
const number = (value: number): number | string =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"

const keyId = (key: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(key))
