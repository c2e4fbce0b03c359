// Fields: which attributes the records of a range carry, how often, and what their values look like.
import { numberPattern } from "@tailrace/domain/number-bytes"
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { type LogsFilter, whereLogs } from "./logs-filter.ts"

export interface FieldsRequest extends LogsFilter {
  /** Fields answered at most, the most frequent first; 200 by default. */
  readonly first?: number
  /** Only names that contain this text, any case. */
  readonly contains?: string
  /** Records looked at, at most; 100,000 by default. */
  readonly sample?: number
  readonly limits?: ReadLimits | undefined
}

export interface FieldSummary {
  readonly name: string
  /** `attribute` of the record or of its resource. */
  readonly origin: "attribute" | "resource"
  /** What every value seen is: a number, true or false, or else text. */
  readonly type: "number" | "boolean" | "text"
  /** Records looked at that carry it. */
  readonly records: number
  /** Different values seen, approximately. */
  readonly values: number
  readonly example: string
}

export interface Fields {
  readonly fields: ReadonlyArray<FieldSummary>
  /** Records looked at. */
  readonly records: number
  /** Whether those were all records of the filter. */
  readonly complete: boolean
}

interface FieldRow extends Omit<FieldSummary, "type" | "records" | "values"> {
  readonly records: string
  readonly values: string
  readonly numbers: string
  readonly booleans: string
}

/** Fields of the records of a filter, most frequent first. */
export const readFields = (request: FieldsRequest): Effect.Effect<Fields, StoreError, Store> => {
  const { where, params } = whereLogs(request)
  const sample = request.sample ?? 100_000
  const bounded = { ...params, s_rows: sample }
  const fields = read<FieldRow>({
    operation: "read fields",
    sql: `SELECT pair.1 AS name, pair.3 AS origin, count() AS records, uniq(pair.2) AS values, max(pair.2) AS example,
        countIf(isNotNull(toFloat64OrNull(pair.2)) AND match(pair.2, {s_number:String})) AS numbers,
        countIf(lower(pair.2) IN ('true', 'false')) AS booleans
      FROM (SELECT attributes, resource FROM logs WHERE ${where} LIMIT {s_rows:UInt32})
      ARRAY JOIN arrayConcat(
        arrayMap((name, value) -> (toString(name), value, 'attribute'), mapKeys(attributes), mapValues(attributes)),
        arrayMap((name, value) -> (toString(name), value, 'resource'), mapKeys(resource), mapValues(resource))) AS pair
      WHERE positionCaseInsensitiveUTF8(name, {s_contains:String}) > 0 OR {s_contains:String} = ''
      GROUP BY name, origin
      ORDER BY records DESC, name
      LIMIT {s_first:UInt32}`,
    params: { ...bounded, s_first: request.first ?? 200, s_contains: request.contains ?? "", s_number: numberPattern },
    limits: request.limits
  })
  const records = read<{ readonly records: string }>({
    operation: "count sampled records",
    sql: `SELECT count() AS records FROM (SELECT 1 FROM logs WHERE ${where} LIMIT {s_rows:UInt32})`,
    params: bounded,
    limits: request.limits
  })
  return Effect.all([fields, records], { concurrency: 2 }).pipe(
    Effect.map(([rows, [sampled]]) => {
      const seen = Number(sampled?.records ?? 0)
      return { fields: rows.map(toSummary), records: seen, complete: seen < sample }
    })
  )
}

const toSummary = (row: FieldRow): FieldSummary => ({
  name: row.name,
  origin: row.origin,
  type: row.numbers === row.records ? "number" : row.booleans === row.records ? "boolean" : "text",
  records: Number(row.records),
  values: Number(row.values),
  example: row.example
})
