// Values: the most frequent values of one field among the records of a range.
import { Effect } from "effect"
import { type LogsFilter, whereLogs } from "./logs-filter.ts"
import { type ReadLimits, read, type Store } from "./store.ts"
import type { StoreError } from "./store-error.ts"

/** Columns of `logs` that hold text; every other field is an attribute. */
export const textColumns = ["tenant", "service", "host", "source", "severity", "trace_id", "span_id", "body"] as const
export type TextColumnName = (typeof textColumns)[number]

export interface ValuesRequest extends LogsFilter {
  /** A text column by its name in `logs`, else the name of an attribute. */
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

const isTextColumn = (field: string): field is TextColumnName => (textColumns as ReadonlyArray<string>).includes(field)

/** Top values of a field, most frequent first, the empty value left out. */
export const readValues = (request: ValuesRequest): Effect.Effect<Array<ValueCount>, StoreError, Store> => {
  const { where, params } = whereLogs(request)
  // A column name comes from the list above, an attribute's name only as a parameter.
  const expression = isTextColumn(request.field) ? `toString(${request.field})` : "attributes[{v_field:String}]"
  return read<{ readonly value: string; readonly records: string }>({
    operation: "read values",
    sql: `SELECT value, count() AS records
      FROM (SELECT ${expression} AS value FROM logs WHERE ${where} LIMIT {v_rows:UInt32})
      WHERE value != '' AND (positionCaseInsensitiveUTF8(value, {v_contains:String}) > 0 OR {v_contains:String} = '')
      GROUP BY value
      ORDER BY records DESC, value
      LIMIT {v_first:UInt32}`,
    params: {
      ...params,
      v_field: request.field,
      v_rows: request.sample ?? 1_000_000,
      v_contains: request.contains ?? "",
      v_first: request.first ?? 50
    },
    limits: request.limits
  }).pipe(Effect.map((rows) => rows.map((row) => ({ value: row.value, records: Number(row.records) }))))
}
