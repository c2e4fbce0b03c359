// Ledger check: what rows, rollup and ledger each say, counted anew from the tables and nothing else.
import type { ClickHouseSettings } from "@clickhouse/client"
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

/** What is looked at: minutes of reception, and per partition the sequences that every output holds. */
export interface CheckRange {
  /** Milliseconds since 1970; whole minutes. */
  readonly from: number
  readonly to: number
  readonly settled: ReadonlyMap<number, number>
}

/** A minute of reception of one tenant and source in one partition. */
export interface Place {
  readonly partition: number
  /** Milliseconds since 1970. */
  readonly minute: number
  readonly tenant: string
  readonly source: string
}

export interface LedgerSums extends Place {
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
}

export interface RowCounts extends Place {
  readonly rows: number
  /** Different (partition, sequence, row) among them. */
  readonly distinct: number
}

/** An entry of the ledger that cannot be right by itself. */
export interface WrongEntry extends Place {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly problem: "unbalanced" | "doubled" | "overlapping"
}

/** A minute of event time that the rollup counts otherwise than the rows. */
export interface RollupDifference {
  readonly minute: number
  readonly tenant: string
  readonly service: string
  readonly severity: string
  readonly rows: number
  readonly rollup: number
  readonly rowBytes: number
  readonly rollupBytes: number
}

const limits: ReadLimits = { seconds: 600, memoryBytes: 1_200_000_000, resultRows: 5_000_000 }
const settings: ClickHouseSettings = { max_bytes_before_external_group_by: "400000000" }

/** Last sequence that the ledger covers, by partition. */
export const ledgerEnds: Effect.Effect<ReadonlyMap<number, number>, StoreError, Store> = read<{
  readonly partition: number
  readonly last: string
}>({
  operation: "read the ends of the ledger",
  sql: "SELECT partition, max(last_sequence) AS last FROM ledger GROUP BY partition"
}).pipe(Effect.map((rows) => new Map(rows.map(({ last, partition }) => [partition, Number(last)]))))

/**
 * By partition, the first sequence of which every batch is whole behind `first`: a batch that begins before it cannot be
 * compared with what a stream still keeps.
 */
export const firstWhole = (first: number): Effect.Effect<ReadonlyMap<number, number>, StoreError, Store> =>
  read<{ readonly partition: number; readonly next: string }>({
    operation: "find the first whole batch",
    sql: `SELECT partition, greatest(maxIf(last_sequence, first_sequence < {first:UInt64}) + 1, {first:UInt64}) AS next
      FROM ledger GROUP BY partition`,
    params: { first }
  }).pipe(Effect.map((rows) => new Map(rows.map(({ next, partition }) => [partition, Number(next)]))))

/** Where the entries of each partition begin from a sequence on. */
export const firstBehind = (sequence: number): Effect.Effect<ReadonlyMap<number, number>, StoreError, Store> =>
  read<{ readonly partition: number; readonly first: string }>({
    operation: "find the first entries of a generation",
    sql: `SELECT partition, min(first_sequence) AS first FROM ledger WHERE first_sequence > {sequence:UInt64}
      GROUP BY partition`,
    params: { sequence }
  }).pipe(Effect.map((rows) => new Map(rows.map(({ first, partition }) => [partition, Number(first)]))))

const place = "partition, toUnixTimestamp(toStartOfMinute(at)) * 1000 AS minute, tenant, source"

const paramsOf = ({ from, settled, to }: CheckRange, begin: ReadonlyMap<number, number>) => ({
  from: Math.floor(from / 1000),
  to: Math.floor(to / 1000),
  partitions: [...settled.keys()],
  begins: [...settled.keys()].map((partition) => begin.get(partition) ?? 0),
  ends: [...settled.values()]
})

const within = (sequence: string) =>
  `has({partitions:Array(UInt16)}, partition)
    AND ${sequence} >= {begins:Array(UInt64)}[indexOf({partitions:Array(UInt16)}, partition)]
    AND ${sequence} <= {ends:Array(UInt64)}[indexOf({partitions:Array(UInt16)}, partition)]
    AND at >= toDateTime({from:Int64}) AND at < toDateTime({to:Int64})`

type Texts<A> = { readonly [K in keyof A]: A[K] extends number ? string | number : A[K] }

const placeOf = (row: Texts<Place>): Place => ({
  partition: Number(row.partition),
  minute: Number(row.minute),
  tenant: row.tenant,
  source: row.source
})

/** What the ledger says, from `begin` of each partition on. */
export const ledgerSums = (
  range: CheckRange,
  begin: ReadonlyMap<number, number> = new Map()
): Effect.Effect<ReadonlyArray<LedgerSums>, StoreError, Store> =>
  read<Texts<LedgerSums>>({
    operation: "add up the ledger",
    sql: `SELECT ${place}, sum(r) AS received, sum(s) AS stored, sum(d) AS deduplicated, sum(o) AS dropped, sum(j) AS rejected
      FROM (SELECT partition, minute AS at, tenant, source, first_sequence, received AS r, stored AS s,
        deduplicated AS d, dropped AS o, rejected AS j FROM ledger)
      WHERE ${within("first_sequence")}
      GROUP BY partition, minute, tenant, source`,
    params: paramsOf(range, begin),
    limits
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({
        ...placeOf(row),
        received: Number(row.received),
        stored: Number(row.stored),
        deduplicated: Number(row.deduplicated),
        dropped: Number(row.dropped),
        rejected: Number(row.rejected)
      }))
    )
  )

/** What lies in `logs`, by the minute in which each row's frame was received. */
export const rowCounts = (range: CheckRange): Effect.Effect<ReadonlyArray<RowCounts>, StoreError, Store> =>
  read<Texts<RowCounts>>({
    operation: "count the rows",
    // Rows of a frame count up from 0, so a bitmap of them is a few bytes and exact.
    sql: `SELECT ${place}, sum(n) AS rows, sum(different) AS distinct
      FROM (
        SELECT partition, sequence, observed_at AS at, tenant, source, count() AS n, groupBitmap(row) AS different
        FROM logs WHERE ${within("sequence").replaceAll(/\bat\b/g, "observed_at")}
        GROUP BY partition, sequence, observed_at, tenant, source
      )
      GROUP BY partition, minute, tenant, source`,
    params: paramsOf(range, new Map()),
    limits,
    settings
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({ ...placeOf(row), rows: Number(row.rows), distinct: Number(row.distinct) }))
    )
  )

/** Entries that do not balance, that are there twice, or whose batch overlaps the one before. */
export const wrongEntries = (range: CheckRange): Effect.Effect<ReadonlyArray<WrongEntry>, StoreError, Store> =>
  read<Texts<WrongEntry>>({
    operation: "look for wrong entries of the ledger",
    sql: `WITH entries AS (
        SELECT partition, minute AS at, tenant, source, first_sequence, last_sequence, count() AS copies,
          countIf(received != stored + deduplicated + dropped + rejected OR dropped != arraySum(mapValues(dropped_by))
            OR rejected != arraySum(mapValues(rejected_by))) AS wrong
        FROM ledger WHERE ${within("first_sequence").replaceAll(/\bat\b/g, "minute")}
        GROUP BY partition, at, tenant, source, first_sequence, last_sequence
      ), spans AS (
        SELECT partition, first_sequence, last_sequence, max(last_sequence) OVER (PARTITION BY partition
          ORDER BY first_sequence, last_sequence ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM (SELECT DISTINCT partition, first_sequence, last_sequence FROM entries)
      ), overlaps AS (SELECT partition, first_sequence, last_sequence FROM spans WHERE before >= first_sequence)
      SELECT ${place}, toUInt64(first_sequence) AS firstSequence, toUInt64(last_sequence) AS lastSequence,
        multiIf(wrong > 0, 'unbalanced', copies > 1, 'doubled', 'overlapping') AS problem
      FROM entries
      WHERE wrong > 0 OR copies > 1 OR (partition, first_sequence, last_sequence) IN overlaps
      ORDER BY minute, partition, firstSequence, tenant, source`,
    params: paramsOf(range, new Map()),
    limits
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({
        ...placeOf(row),
        firstSequence: Number(row.firstSequence),
        lastSequence: Number(row.lastSequence),
        problem: row.problem
      }))
    )
  )

/** Dead letters of a tenant and source in one partition, beside what the ledger says was rejected. */
export interface LetterCounts extends Omit<Place, "minute"> {
  /** Records in the letters. */
  readonly letters: number
  readonly rejected: number
  /** First minute of reception in which the ledger counts a rejection; 0 when it counts none. */
  readonly minute: number
}

/** Every tenant and source of which something was rejected, over all settled sequences: letters keep no minute of reception. */
export const letterCounts = (range: CheckRange): Effect.Effect<ReadonlyArray<LetterCounts>, StoreError, Store> =>
  read<Texts<LetterCounts>>({
    operation: "count the dead letters",
    sql: `SELECT partition, tenant, source, sum(a) AS letters, sum(b) AS rejected,
        toUnixTimestamp(minIf(first, b > 0)) * 1000 AS minute
      FROM (
        SELECT partition, tenant, source, toUInt64(records) AS a, toUInt64(0) AS b, rejected_at AS at,
          toDateTime(0) AS first
        FROM dead_letters FINAL WHERE ${within("sequence").replaceAll(/\bat\b/g, "rejected_at")}
        UNION ALL
        SELECT partition, tenant, source, toUInt64(0), rejected, minute AS at, minute AS first
        FROM ledger WHERE rejected > 0 AND ${within("last_sequence").replaceAll(/\bat\b/g, "minute")}
      )
      GROUP BY partition, tenant, source`,
    params: paramsOf({ ...range, from: 0, to: endOfTime }, new Map()),
    limits
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({ ...placeOf(row), letters: Number(row.letters), rejected: Number(row.rejected) }))
    )
  )

/** The last minute that a DateTime holds, in 2106. */
export const endOfTime = 4_294_967_220_000

/** Where the rollup differs from the rows it is made of, now; an insert under way may show for a moment. */
export const rollupDifferences: Effect.Effect<ReadonlyArray<RollupDifference>, StoreError, Store> = read<
  Texts<RollupDifference>
>({
  operation: "compare the rollup with the rows",
  sql: `SELECT toUnixTimestamp(at) * 1000 AS minute, tenant, service, severity, sum(a) AS rows, sum(b) AS rollup,
      sum(c) AS rowBytes, sum(d) AS rollupBytes
    FROM (
      SELECT toStartOfMinute(timestamp) AS at, tenant, service, severity, count() AS a, toUInt64(0) AS b,
        sum(length(body)) AS c, toUInt64(0) AS d
      FROM logs GROUP BY at, tenant, service, severity
      UNION ALL
      SELECT minute AS at, tenant, service, severity, toUInt64(0), sum(records), toUInt64(0), sum(bytes)
      FROM logs_per_minute GROUP BY at, tenant, service, severity
    )
    GROUP BY at, tenant, service, severity
    HAVING rows != rollup OR rowBytes != rollupBytes
    ORDER BY minute, tenant, service, severity`,
  limits,
  settings
}).pipe(
  Effect.map((rows) =>
    rows.map((row) => ({
      minute: Number(row.minute),
      tenant: row.tenant,
      service: row.service,
      severity: row.severity,
      rows: Number(row.rows),
      rollup: Number(row.rollup),
      rowBytes: Number(row.rowBytes),
      rollupBytes: Number(row.rollupBytes)
    }))
  )
)
