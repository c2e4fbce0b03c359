// LogRecord: one normalised record, after the OpenTelemetry Logs Data Model. Row objects live at the borders only.
import type { RecordValues } from "./record-columns.ts"

/** Identity, and what the record says in each column. Nanoseconds are bigint since 1970-01-01T00:00:00Z. */
export interface LogRecord extends RecordValues {
  readonly partition: number
  /** Sequence of the raw message that carried the record. */
  readonly sequence: number
  /** Index of the record within its raw message, from 0. */
  readonly row: number
}

/** The identity of a record, the same wherever it is seen: partition, raw sequence and row joined by "-". */
export const recordId = (record: Pick<LogRecord, "partition" | "sequence" | "row">): string =>
  `${record.partition}-${record.sequence}-${record.row}`
