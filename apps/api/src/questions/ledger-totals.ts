// Ledger totals: all lines of a ledger added up by the store, however many there are.
import { type LedgerRequest, readLedger } from "@tailrace/store/read/ledger"
import { read } from "@tailrace/store/store"
import { Effect } from "effect"

export interface LedgerTotals {
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
  readonly droppedBy: Readonly<Record<string, number>>
  readonly rejectedBy: Readonly<Record<string, number>>
  /** What received differs by from the sum of its ends, line by line, so that a gap here cannot hide behind a surplus there. */
  readonly unaccounted: number
}

const counts = ["received", "stored", "deduplicated", "dropped", "rejected", "unaccounted"] as const

interface TotalsRow extends Record<(typeof counts)[number], string> {
  readonly dropped_by: Record<string, string>
  readonly rejected_by: Record<string, string>
}

/** Last minute that a DateTime holds, in 2106. */
const lastMinute = 4_294_967_220_000

const readLedgerTotals = (request: LedgerRequest) =>
  read<TotalsRow>({
    operation: "add up the ledger",
    sql: `SELECT sum(line.received) AS received, sum(line.stored) AS stored, sum(line.deduplicated) AS deduplicated,
        sum(line.dropped) AS dropped, sum(line.rejected) AS rejected, sumMap(line.dropped_by) AS dropped_by,
        sumMap(line.rejected_by) AS rejected_by,
        sum(abs(toInt64(line.received) - toInt64(line.stored) - toInt64(line.deduplicated) - toInt64(line.dropped)
          - toInt64(line.rejected))) AS unaccounted
      FROM (
        SELECT sum(ledger.received) AS received, sum(ledger.stored) AS stored, sum(ledger.deduplicated) AS deduplicated,
          sum(ledger.dropped) AS dropped, sum(ledger.rejected) AS rejected, sumMap(ledger.dropped_by) AS dropped_by,
          sumMap(ledger.rejected_by) AS rejected_by
        FROM ledger
        WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND ({source:String} = '' OR source = {source:String})
          AND ledger.minute >= toDateTime({from:Int64}) AND ledger.minute < toDateTime({to:Int64})
        GROUP BY ledger.minute, tenant, source
      ) AS line`,
    params: {
      tenant: request.tenant ?? "",
      source: request.source ?? "",
      from: Math.floor((request.from ?? 0) / 60_000) * 60,
      to: Math.ceil((request.to ?? lastMinute) / 60_000) * 60
    },
    limits: request.limits
  }).pipe(Effect.map(([row]) => toTotals(row)))

const toTotals = (row: TotalsRow | undefined): LedgerTotals => {
  const total = (name: (typeof counts)[number]): number => Number(row?.[name] ?? 0)
  return {
    received: total("received"),
    stored: total("stored"),
    deduplicated: total("deduplicated"),
    dropped: total("dropped"),
    rejected: total("rejected"),
    unaccounted: total("unaccounted"),
    droppedBy: numbers(row?.dropped_by ?? {}),
    rejectedBy: numbers(row?.rejected_by ?? {})
  }
}

const numbers = (texts: Record<string, string>): Record<string, number> =>
  Object.fromEntries(Object.entries(texts).map(([name, count]) => [name, Number(count)]))

/** The totals and the newest lines, side by side. */
export const readLedgerWithTotals = (request: LedgerRequest) =>
  Effect.all({ totals: readLedgerTotals(request), entries: readLedger(request) }, { concurrency: 2 })
