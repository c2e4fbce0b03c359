// Copies: records and entries that a table holds more than once, where they lie, and how all but one of each are taken out.
import { Effect } from "effect"
import { command, type ReadLimits, read, type Store } from "../store.ts"
import { StoreError } from "../store-error.ts"

/** Tables without an engine that replaces: a row stored twice stays twice. */
export const copiedTables = ["logs", "ledger"] as const
export type CopiedTable = (typeof copiedTables)[number]

/** What names a row, and what of it belongs to the insert that brought it and may differ between copies. */
const identities: Readonly<Record<CopiedTable, { readonly group: string; readonly row: string }>> = {
  logs: { group: "partition, sequence", row: "partition, sequence, row" },
  ledger: {
    group: "partition, first_sequence, last_sequence",
    row: "partition, first_sequence, last_sequence, minute, tenant, source"
  }
}
const ofTheInsert = "attempt, ingested_at"

/** Copies in one day of ingest of one partition of the pipeline. */
export interface Copies {
  readonly table: CopiedTable
  /** As ClickHouse names the table's partition, such as 20260301. */
  readonly day: string
  readonly partition: number
  /** Rows that have the identity of another row and say the same. */
  readonly rows: number
  /** Rows that have the identity of another row and say something else: nobody can tell which is right. */
  readonly different: number
}

const limits: ReadLimits = { seconds: 3_600, memoryBytes: 1_200_000_000, resultRows: 5_000_000 }
/** Reads of a large table go to the disk with what does not fit into memory. */
const settings = { max_bytes_before_external_group_by: "400000000", max_bytes_before_external_sort: "400000000" }

/**
 * Rows too many: of those with one identity that say the same all but the first (`alike`), and of what they say all but one. Only
 * groups are looked into that hold more rows than identities.
 */
const surplus = (table: CopiedTable): string => {
  const { group, row } = identities[table]
  return `SELECT partition, _partition_id AS day, _part AS part, _part_offset AS at, copy > 1 AS alike
    FROM (
      SELECT partition, _partition_id, _part, _part_offset, said,
        row_number() OVER (PARTITION BY ${row}, said ORDER BY ingested_at, _part, _part_offset) AS copy,
        min(said) OVER (PARTITION BY ${row}) AS kept
      FROM (SELECT ${row}, ingested_at, _partition_id, _part, _part_offset,
          cityHash64(* EXCEPT (${ofTheInsert})) AS said
        FROM ${table}
        WHERE (${group}) IN (SELECT ${group} FROM ${table} GROUP BY ${group} HAVING count() > uniqExact(${row})))
    )
    WHERE copy > 1 OR said != kept`
}

/** Reads only. */
export const findCopies = (table: CopiedTable): Effect.Effect<ReadonlyArray<Copies>, StoreError, Store> =>
  read<{ readonly day: string; readonly partition: number; readonly rows: string; readonly different: string }>({
    operation: `look for copies in ${table}`,
    sql: `SELECT day, partition, countIf(alike) AS rows, countIf(NOT alike) AS different
      FROM (${surplus(table)}) GROUP BY day, partition ORDER BY day, partition`,
    limits,
    settings
  }).pipe(
    Effect.map((found) =>
      found.map((one) => ({ ...one, table, rows: Number(one.rows), different: Number(one.different) }))
    )
  )

interface Place {
  readonly day: string
  readonly part: string
  readonly offsets: ReadonlyArray<string>
}

/** Rows taken out by one statement; each rewrites the parts they lie in. */
const mostAtOnce = 50_000

const placesOf = (table: CopiedTable) =>
  read<Place>({
    operation: `find the copies in ${table}`,
    sql: `SELECT day, part, groupArray(toString(at)) AS offsets
      FROM (SELECT day, part, at FROM (${surplus(table)}) WHERE alike ORDER BY day, part, at LIMIT ${mostAtOnce})
      GROUP BY day, part ORDER BY day, part`,
    limits,
    settings
  })

/**
 * Takes all copies that say the same out of a table and answers how many were. A row is named by its part and its place in it, and
 * a part never changes: where a merge has replaced it meanwhile the statement finds nothing, and the next round looks anew. Views are not
 * told. Fails when what is there more than once does not become less.
 */
export const removeCopies = Effect.fnUntraced(function* (
  table: CopiedTable
): Effect.fn.Return<number, StoreError, Store> {
  let removed = 0
  for (let round = 1; ; round++) {
    const before = yield* countCopies(table)
    if (before === 0) return removed
    const places = yield* placesOf(table)
    for (const day of new Set(places.map((place) => place.day))) {
      const own = places.filter((place) => place.day === day)
      yield* command(`take copies out of ${table}`, statementOf(table, day, own), {
        settings: { mutations_sync: "2", max_query_size: "67108864", max_execution_time: 0 }
      })
    }
    const after = yield* countCopies(table)
    removed += before - after
    if (after >= before && round >= mostRounds)
      return yield* new StoreError({
        consequence: "hold",
        message:
          `${after} copies in ${table} stay after ${round} deletions: see whether system.mutations says why, ` +
          "and whether the user may ALTER DELETE"
      })
  }
})

/** Rounds in which merges may be in the way of all of it; a table that is written to merges all the time. */
const mostRounds = 60

const countCopies = (table: CopiedTable) =>
  Effect.map(findCopies(table), (found) => found.reduce((sum, { rows }) => sum + rows, 0))

const statementOf = (table: CopiedTable, day: string, places: ReadonlyArray<Place>): string => {
  const rows = places.map(({ offsets, part }) => `(_part = '${part}' AND _part_offset IN (${offsets.join(",")}))`)
  return `ALTER TABLE ${table} DELETE IN PARTITION ID '${day}' WHERE ${rows.join(" OR ")}`
}
