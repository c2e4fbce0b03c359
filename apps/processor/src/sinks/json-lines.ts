// JsonLines: records as the lines of JSON that people and programs read.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { type LogRecord, recordId } from "@tailrace/domain/log-record"

/** The kept rows of a batch, one JSON object a line. */
export const jsonLines = (batch: LogBatch): string => {
  let lines = ""
  for (let row = 0; row < batch.length; row++) {
    if (batch.selected[row] === 1) lines += `${JSON.stringify(jsonOf(batch.record(row)))}\n`
  }
  return lines
}

const jsonOf = (record: LogRecord) => ({
  id: recordId(record),
  timestamp: isoNanos(record.timestamp),
  severity: record.severity,
  service: record.service,
  host: record.host,
  source: record.source,
  tenant: record.tenant,
  body: record.body,
  ...(record.traceId === "" ? {} : { trace_id: record.traceId }),
  ...(record.spanId === "" ? {} : { span_id: record.spanId }),
  attributes: record.attributes,
  resource: record.resource
})

/** Nanoseconds since 1970 as ISO 8601 with nine decimals. */
const isoNanos = (nanos: bigint): string => {
  const millis = new Date(Number(nanos / 1_000_000n)).toISOString()
  return `${millis.slice(0, -1)}${String(nanos % 1_000_000n).padStart(6, "0")}Z`
}
