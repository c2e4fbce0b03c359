// Sources: who has been sending, how much and when last, as the ledger tells.
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface SourcesRequest {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined
  /** Milliseconds since 1970: only what was received since; everything by default. */
  readonly since?: number | undefined
  readonly limits?: ReadLimits | undefined
}

export interface SourceSummary {
  readonly tenant: string
  readonly source: string
  readonly received: number
  readonly stored: number
  readonly dropped: number
  readonly rejected: number
  /** Start of the last minute in which something was received, milliseconds since 1970. */
  readonly lastMinute: number
}

interface SourceRow {
  readonly tenant: string
  readonly source: string
  readonly received: string
  readonly stored: string
  readonly dropped: string
  readonly rejected: string
  readonly lastMinute: number
}

/** Sources by tenant and name. */
export const readSources = (request: SourcesRequest): Effect.Effect<Array<SourceSummary>, StoreError, Store> =>
  read<SourceRow>({
    operation: "read sources",
    sql: `SELECT tenant, source, sum(ledger.received) AS received, sum(ledger.stored) AS stored,
        sum(ledger.dropped) AS dropped, sum(ledger.rejected) AS rejected, toUnixTimestamp(max(minute)) AS lastMinute
      FROM ledger
      WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND minute >= toDateTime({since:Int64})
      GROUP BY tenant, source
      ORDER BY tenant, source
      LIMIT 10000`,
    params: { tenant: request.tenant ?? "", since: Math.floor((request.since ?? 0) / 60_000) * 60 },
    limits: request.limits
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({
        tenant: row.tenant,
        source: row.source,
        received: Number(row.received),
        stored: Number(row.stored),
        dropped: Number(row.dropped),
        rejected: Number(row.rejected),
        lastMinute: row.lastMinute * 1000
      }))
    )
  )
