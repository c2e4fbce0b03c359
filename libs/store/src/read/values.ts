// Values: the most frequent values of one field among the records of a range.
import { type FieldTarget, targetOf } from "@tailrace/query/fields"
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { type LogsFilter, whereLogs } from "./logs-filter.ts"

export interface ValuesRequest extends LogsFilter {
  /** Any name of the query language: a well-known field, an alias, or an attribute's path. */
  readonly field: string
  /** Values answered at most; 50 by default. */
  readonly first?: number
  /** Only values that contain this text, any case. */
  readonly contains?: string
  /** Records looked at, at most; 1,000,000 by default. */
  readonly sample?: number
  readonly limits?: ReadLimits | undefined
}

export interface ValueCount {
  readonly value: string
  readonly records: number
}

/** A column's name comes from the language's own list, a key of a map only as a parameter. */
const expressionOf = (target: FieldTarget): string =>
  target.kind === "attribute"
    ? "attributes[{v_key:String}]"
    : target.kind === "resource"
      ? "resource[{v_key:String}]"
      : `toString(${target.column})`

/** Top values of a field, most frequent first, the empty value left out. */
export const readValues = (request: ValuesRequest): Effect.Effect<Array<ValueCount>, StoreError, Store> => {
  const { where, params } = whereLogs(request)
  const target = targetOf(request.field)
  return read<{ readonly value: string; readonly records: string }>({
    operation: "read values",
    sql: `SELECT value, count() AS records
      FROM (SELECT ${expressionOf(target)} AS value FROM logs WHERE ${where} LIMIT {v_rows:UInt32})
      WHERE value != '' AND (positionCaseInsensitiveUTF8(value, {v_contains:String}) > 0 OR {v_contains:String} = '')
      GROUP BY value
      ORDER BY records DESC, value
      LIMIT {v_first:UInt32}`,
    params: {
      ...params,
      v_key: "key" in target ? target.key : "",
      v_rows: request.sample ?? 1_000_000,
      v_contains: request.contains ?? "",
      v_first: request.first ?? 50
    },
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map((row) => ({ value: row.value, records: Number(row.records) }))))
}
