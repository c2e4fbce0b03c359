// Ledger: the account of what was received, added up and balanced.
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface LedgerRequest {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined
  readonly source?: string | undefined
  /** Milliseconds since 1970 of reception; inclusive. */
  readonly from?: number | undefined
  /** Milliseconds since 1970 of reception; exclusive. Ranges are cut at whole minutes. */
  readonly to?: number | undefined
  /** Lines answered at most; 10,000 by default. */
  readonly first?: number | undefined
  readonly limits?: ReadLimits | undefined
}

export interface LedgerLine {
  /** Start of the minute of reception, milliseconds since 1970. */
  readonly minute: number
  readonly tenant: string
  readonly source: string
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
  readonly droppedBy: Readonly<Record<string, number>>
  readonly rejectedBy: Readonly<Record<string, number>>
  /** received - stored - deduplicated - dropped - rejected: 0, or something went wrong. */
  readonly balance: number
}

interface LedgerRow {
  readonly minute: number
  readonly tenant: string
  readonly source: string
  readonly received: string
  readonly stored: string
  readonly deduplicated: string
  readonly dropped: string
  readonly rejected: string
  readonly balance: string
  readonly dropped_by: Record<string, string>
  readonly rejected_by: Record<string, string>
}

/** Lines per minute, tenant and source, newest minute first. */
export const readLedger = (request: LedgerRequest): Effect.Effect<Array<LedgerLine>, StoreError, Store> =>
  read<LedgerRow>({
    operation: "read the ledger",
    sql: `SELECT toUnixTimestamp(ledger.minute) AS minute, tenant, source, sum(ledger.received) AS received,
        sum(ledger.stored) AS stored, sum(ledger.deduplicated) AS deduplicated, sum(ledger.dropped) AS dropped,
        sum(ledger.rejected) AS rejected, sumMap(ledger.dropped_by) AS dropped_by, sumMap(ledger.rejected_by) AS rejected_by,
        toInt64(received) - toInt64(stored) - toInt64(deduplicated) - toInt64(dropped) - toInt64(rejected) AS balance
      FROM ledger
      WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND ({source:String} = '' OR source = {source:String})
        AND ledger.minute >= toDateTime({from:Int64}) AND ledger.minute < toDateTime({to:Int64})
      GROUP BY ledger.minute, tenant, source
      ORDER BY ledger.minute DESC, tenant, source
      LIMIT {first:UInt32}`,
    params: {
      tenant: request.tenant ?? "",
      source: request.source ?? "",
      from: Math.floor((request.from ?? 0) / 60_000) * 60,
      to: Math.ceil((request.to ?? lastMinute) / 60_000) * 60,
      first: request.first ?? 10_000
    },
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map(toLine)))

/** Last minute that a DateTime holds, in 2106. */
const lastMinute = 4_294_967_220_000

const toLine = (row: LedgerRow): LedgerLine => ({
  minute: row.minute * 1000,
  tenant: row.tenant,
  source: row.source,
  received: Number(row.received),
  stored: Number(row.stored),
  deduplicated: Number(row.deduplicated),
  dropped: Number(row.dropped),
  rejected: Number(row.rejected),
  droppedBy: numbers(row.dropped_by),
  rejectedBy: numbers(row.rejected_by),
  balance: Number(row.balance)
})

const numbers = (counts: Record<string, string>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)]))
