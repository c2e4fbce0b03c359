// Search: pages of log records, newest first.
import type { LogRecord } from "@tailrace/domain/log-record"
import { type RecordColumn, recordColumns } from "@tailrace/domain/record-columns"
import { Clock, Effect, Schema } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { type LogsFilter, whereLogs } from "./logs-filter.ts"

export interface SearchRequest extends LogsFilter {
  /** Records of a page, 1 to 10,000. */
  readonly first: number
  /** Cursor of the record the page begins behind. */
  readonly after?: string | undefined
  /** What records consist of; the product's table of columns where none is given. */
  readonly columns?: ReadonlyArray<RecordColumn>
  readonly limits?: ReadLimits | undefined
}

export interface SearchPage {
  readonly records: ReadonlyArray<LogRecord>
  /** Cursor of the last record; undefined on an empty page. */
  readonly endCursor: string | undefined
  readonly hasNextPage: boolean
}

export class CursorError extends Schema.TaggedError<CursorError>()("CursorError", { message: Schema.String }) {}

type Position = Pick<LogRecord, "timestamp" | "partition" | "sequence" | "row">

/** Opaque place of a record in the order of a search; stays good while rows come and go around it. */
export const cursorOf = (record: Position): string =>
  Buffer.from(`1:${record.timestamp}:${record.partition}:${record.sequence}:${record.row}`).toString("base64url")

const cursorPattern = /^1:(\d{1,19}):(\d{1,5}):(\d{1,16}):(\d{1,10})$/

const positionOf = (cursor: string): Position | undefined => {
  const match = cursorPattern.exec(Buffer.from(cursor, "base64url").toString("latin1"))
  if (match === null) return undefined
  const [, timestamp, partition, sequence, row] = match as unknown as [string, string, string, string, string]
  return { timestamp: BigInt(timestamp), partition: Number(partition), sequence: Number(sequence), row: Number(row) }
}

// How far back each read looks; the newest rows mostly stand in the first, and a sparse search ends up with all.
const windowsMillis = [900_000, 3_600_000, 21_600_000]
const nanosPerMilli = 1_000_000n

/** One page of the records of a filter, newest first; equal times in order of partition, sequence and row, descending. */
export const searchLogs = (request: SearchRequest): Effect.Effect<SearchPage, StoreError | CursorError, Store> =>
  Effect.gen(function* () {
    const after = request.after === undefined ? undefined : positionOf(request.after)
    if (request.after !== undefined && after === undefined) {
      return yield* new CursorError({ message: "the cursor is not one of this search, use an endCursor it answered" })
    }
    const first = Math.min(Math.max(1, Math.floor(request.first)), 10_000)
    const end = after === undefined ? request.to : least(after.timestamp + 1n, request.to)
    const now = BigInt(yield* Clock.currentTimeMillis) * nanosPerMilli
    const anchor = end === undefined ? now : least(end, now)
    const records: Array<LogRecord> = []
    let upper = end
    for (const window of [...windowsMillis, undefined]) {
      const lower =
        window === undefined ? request.from : greatest(anchor - BigInt(window) * nanosPerMilli, request.from)
      const found = yield* readPage(request, { from: lower, to: upper, after, limit: first + 1 - records.length })
      for (const record of found) records.push(record)
      if (records.length > first || lower === request.from) break
      upper = lower
    }
    const page = records.slice(0, first)
    const last = page.at(-1)
    return {
      records: page,
      endCursor: last === undefined ? undefined : cursorOf(last),
      hasNextPage: records.length > first
    }
  })

/** The record of an identity, or undefined when it is not stored. */
export const findRecord = (
  id: Pick<LogRecord, "partition" | "sequence" | "row">,
  tenant: string | undefined
): Effect.Effect<LogRecord | undefined, StoreError, Store> =>
  read<RecordRow>({
    operation: "find a record",
    sql: `SELECT ${selected(recordColumns)} FROM logs
      WHERE partition = {partition:UInt16} AND sequence = {sequence:UInt64} AND row = {row:UInt32}
        ${tenant === undefined ? "" : "AND tenant = {tenant:String}"} LIMIT 1`,
    params: {
      partition: id.partition,
      sequence: id.sequence,
      row: id.row,
      ...(tenant === undefined ? {} : { tenant })
    }
  }).pipe(Effect.map(([row]) => (row === undefined ? undefined : recordOf(recordColumns)(row))))

interface PageBounds {
  readonly from: bigint | undefined
  readonly to: bigint | undefined
  readonly after: Position | undefined
  readonly limit: number
}

const readPage = (request: SearchRequest, bounds: PageBounds): Effect.Effect<Array<LogRecord>, StoreError, Store> => {
  const { where, params } = whereLogs({ ...request, from: bounds.from, to: bounds.to })
  const { after } = bounds
  const columns = request.columns ?? recordColumns
  const behind =
    after === undefined
      ? ""
      : `AND (timestamp < fromUnixTimestamp64Nano({c_time:Int64}) OR (partition, sequence, row)
          < ({c_partition:UInt16}, {c_sequence:UInt64}, {c_row:UInt32}))`
  // The hour comes first because the table is sorted by it: rows are read in order and reading stops early.
  return read<RecordRow>({
    operation: "search logs",
    sql: `SELECT ${selected(columns)} FROM logs WHERE ${where} ${behind}
      ORDER BY toStartOfHour(timestamp) DESC, timestamp DESC, partition DESC, sequence DESC, row DESC
      LIMIT {c_limit:UInt32}`,
    params: {
      ...params,
      c_limit: bounds.limit,
      ...(after === undefined
        ? {}
        : {
            c_time: String(after.timestamp),
            c_partition: after.partition,
            c_sequence: after.sequence,
            c_row: after.row
          })
    },
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map(recordOf(columns))))
}

type RecordRow = Readonly<Record<string, unknown>> & {
  readonly partition: number
  readonly sequence: string
  readonly row: number
}

/** What is read of each column; times as whole nanoseconds under a name of their own, which no condition means. */
const selected = (columns: ReadonlyArray<RecordColumn>): string =>
  [
    "partition, sequence, row",
    ...columns.map(({ column, kind }) =>
      kind === "time" ? `toUnixTimestamp64Nano(logs.${column}) AS ${column}_nanos` : column
    )
  ].join(", ")

const recordOf =
  (columns: ReadonlyArray<RecordColumn>) =>
  (row: RecordRow): LogRecord => {
    const record: Record<string, unknown> = {
      partition: row.partition,
      sequence: Number(row.sequence),
      row: row.row
    }
    for (const { column, kind, name } of columns)
      record[name] = kind === "time" ? BigInt(row[`${column}_nanos`] as string) : row[column]
    return record as unknown as LogRecord
  }

const least = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a < b ? a : b)
const greatest = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a > b ? a : b)
