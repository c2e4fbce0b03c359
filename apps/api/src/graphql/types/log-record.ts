// GraphQL type LogRecord: its identity, and a field for each column of a record.
import { type LogRecord, recordId } from "@tailrace/domain/log-record"
import { type ColumnKind, recordColumns } from "@tailrace/domain/record-columns"
import { builder } from "../builder.ts"

const types = {
  dictionary: "String",
  text: "String",
  pairs: "JSON",
  time: "DateTime",
  number: "Int",
  flag: "Boolean"
} as const satisfies Record<ColumnKind, string>

const columnOf = (record: LogRecord, name: string): unknown => (record as unknown as Record<string, unknown>)[name]

export const LogRecordType = builder.objectRef<LogRecord>("LogRecord").implement({
  description: "One normalised record, after the OpenTelemetry Logs Data Model. Text that it does not carry is empty.",
  fields: (t) => ({
    id: t.id({ description: "Stable identity: partition, raw sequence and row.", resolve: recordId }),
    ...Object.fromEntries(
      recordColumns.map(({ kind, name, summary }) => [
        name,
        t.field({ type: types[kind], description: summary, resolve: (record) => columnOf(record, name) as never })
      ])
    )
  })
})
