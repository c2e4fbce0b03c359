// GraphQL type LogRecord.
import { type LogRecord, recordId } from "@tailrace/domain/log-record"
import { builder } from "../builder.ts"

export const LogRecordType = builder.objectRef<LogRecord>("LogRecord").implement({
  description: "One normalised record, after the OpenTelemetry Logs Data Model. Text that it does not carry is empty.",
  fields: (t) => ({
    id: t.id({ description: "Stable identity: partition, raw sequence and row.", resolve: recordId }),
    timestamp: t.field({ type: "DateTime", description: "When it was made.", resolve: (record) => record.timestamp }),
    observedTimestamp: t.field({
      type: "DateTime",
      description: "When Tailrace first saw it.",
      resolve: (record) => record.observedTimestamp
    }),
    severity: t.exposeString("severity", { description: "TRACE, DEBUG, INFO, WARN, ERROR, FATAL or empty." }),
    severityNumber: t.exposeInt("severityNumber", { description: "OpenTelemetry severity number, 0 for none." }),
    service: t.exposeString("service"),
    host: t.exposeString("host"),
    source: t.exposeString("source"),
    tenant: t.exposeString("tenant"),
    traceId: t.exposeString("traceId"),
    spanId: t.exposeString("spanId"),
    body: t.exposeString("body"),
    parsed: t.exposeBoolean("parsed", {
      description: "False when no codec understood the message, kept whole in body."
    }),
    attributes: t.field({ type: "JSON", resolve: (record) => ({ ...record.attributes }) }),
    resource: t.field({ type: "JSON", resolve: (record) => ({ ...record.resource }) })
  })
})
