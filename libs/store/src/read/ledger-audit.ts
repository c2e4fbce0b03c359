// Ledger audit: whether the ledger's latest entries balance, and whether `logs` holds the rows that they say were stored.
import { Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface LedgerAudit {
  readonly partition: number
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
  /** Rows in `logs` of the messages that these entries cover. */
  readonly rows: number
  /** Records without an end or with two: 0, or something went wrong. */
  readonly unaccounted: number
}

interface Sums {
  readonly partition: number
  readonly first: string
  readonly last: string
  readonly received: string
  readonly stored: string
  readonly deduplicated: string
  readonly dropped: string
  readonly rejected: string
}

/**
 * The entries written since a time (milliseconds since 1970), added up by partition; partitions without any are left
 * out. Entries follow their rows, so rows of the same messages are all there.
 */
export const auditLedger = Effect.fnUntraced(function* (
  partitions: ReadonlyArray<number>,
  since: number
): Effect.fn.Return<ReadonlyArray<LedgerAudit>, StoreError, Store> {
  const entries = yield* read<Sums>({
    operation: "add up the latest entries of the ledger",
    sql: `SELECT partition, min(first_sequence) AS first, max(last_sequence) AS last, sum(ledger.received) AS received,
        sum(ledger.stored) AS stored, sum(ledger.deduplicated) AS deduplicated, sum(ledger.dropped) AS dropped,
        sum(ledger.rejected) AS rejected
      FROM ledger
      WHERE has({partitions:Array(UInt16)}, partition) AND ingested_at >= fromUnixTimestamp64Milli({since:Int64})
      GROUP BY partition ORDER BY partition`,
    params: { partitions, since }
  })
  return yield* Effect.forEach(entries, (entry) =>
    read<{ readonly rows: string }>({
      operation: `count the rows of partition ${entry.partition}`,
      sql: `SELECT count() AS rows FROM logs WHERE partition = {partition:UInt16}
        AND sequence BETWEEN {first:UInt64} AND {last:UInt64}`,
      params: { partition: entry.partition, first: entry.first, last: entry.last }
    }).pipe(
      Effect.map(([counted]) => {
        const [received, stored, rows] = [Number(entry.received), Number(entry.stored), Number(counted?.rows ?? 0)]
        const [deduplicated, dropped, rejected] = [entry.deduplicated, entry.dropped, entry.rejected].map(Number) as [
          number,
          number,
          number
        ]
        const unaccounted = Math.abs(received - stored - deduplicated - dropped - rejected) + Math.abs(stored - rows)
        return { partition: entry.partition, received, stored, deduplicated, dropped, rejected, rows, unaccounted }
      })
    )
  )
})
