// LogRecord: one normalised record, after the OpenTelemetry Logs Data Model. Row objects live at the borders only.

/** Nanoseconds are bigint since 1970-01-01T00:00:00Z. Text that a record does not carry is "". */
export interface LogRecord {
  readonly partition: number
  /** Sequence of the raw message that carried the record. */
  readonly sequence: number
  /** Index of the record within its raw message, from 0. */
  readonly row: number
  readonly timestamp: bigint
  readonly observedTimestamp: bigint
  /** OpenTelemetry severity number 1..24, or 0 when the record names none. */
  readonly severityNumber: number
  /** TRACE, DEBUG, INFO, WARN, ERROR, FATAL, or "" when the record names none. */
  readonly severity: string
  readonly service: string
  readonly host: string
  readonly source: string
  readonly tenant: string
  readonly traceId: string
  readonly spanId: string
  readonly body: string
  /** False when no codec understood the message, which is then kept whole in `body`. */
  readonly parsed: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
}

/** The identity of a record, the same wherever it is seen: partition, raw sequence and row joined by "-". */
export const recordId = (record: Pick<LogRecord, "partition" | "sequence" | "row">): string =>
  `${record.partition}-${record.sequence}-${record.row}`
