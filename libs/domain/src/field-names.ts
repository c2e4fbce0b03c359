// Field names: under which names the world's loggers send the well-known fields. One table, for parsing and for asking.

/** The well-known fields of a record that a sender may name. */
export type WellKnownField =
  | "timestamp"
  | "severity"
  | "severityNumber"
  | "body"
  | "service"
  | "host"
  | "traceId"
  | "spanId"

/**
 * Names of each field in order of trust, in lower case: of two names in one record the earlier fills the field and the
 * other stays an attribute. Names are compared in any case. Dots stand for nested objects.
 */
export const fieldNames: Readonly<Record<WellKnownField, ReadonlyArray<string>>> = {
  timestamp: [
    ...["timestamp", "@timestamp", "time", "ts", "@t", "datetime", "date", "eventtime", "event_time", "timeunixnano"],
    ...["time_unix_nano", "__realtime_timestamp", "asctime", "t", "t.$date", "_timestamp", "__time", "_time"],
    ...["timemillis", "time_millis", "timestampms", "timestamp_ms", "timestampmillis", "ts_ms", "timecreated"],
    ...["timegenerated", "edgestarttimestamp", "log_timestamp", "logtimestamp", "log.timestamp", "log_time", "logtime"],
    ...[
      "syslog_timestamp",
      "time_iso8601",
      "time_local",
      "date_time",
      "time_stamp",
      "event_timestamp",
      "eventtimestamp"
    ],
    ...["source_timestamp", "@time", "epoch"]
  ],
  severity: [
    ...["severity", "level", "lvl", "severity_text", "severitytext", "log.level", "loglevel", "log_level", "levelname"],
    ...[
      "@l",
      "priority",
      "syslog.severity",
      "level_name",
      "leveldisplayname",
      "error_severity",
      "@level",
      "log_severity"
    ],
    ...["syslog_severity", "severity_name", "severityname", "level.name", "record.level.name", "levelstr", "level_str"],
    ...["log.severity", "logger.level", "syslog_severity_text", "severity_label"]
  ],
  severityNumber: ["severity_number", "severitynumber"],
  body: [
    ...["message", "msg", "body", "log", "@m", "@mt", "short_message", "text", "event.original", "@message"],
    ...["textpayload", "body.stringvalue", "logmessage", "log_message", "messagetext", "renderedmessage"]
  ],
  service: [
    ...["service", "service.name", "service_name", "servicename", "svc", "app", "application", "app_name", "appname"],
    ...["syslog_identifier", "application_name", "applicationname"]
  ],
  host: [
    ...["host", "hostname", "host.name", "host_name", "_hostname", "server.name", "machinename", "machine_name"],
    ...["computer", "computername", "host.hostname", "syslog_hostname"]
  ],
  traceId: ["trace_id", "traceid", "trace.id", "trace-id", "otel.trace_id", "dd.trace_id"],
  spanId: ["span_id", "spanid", "span.id", "span-id", "otel.span_id", "dd.span_id"]
}

/**
 * Names that fill a field only when no name above does, because they often mean something else; the attribute stays as it
 * was sent beside the field.
 */
export const weakFieldNames: Readonly<Record<"timestamp" | "severity" | "body", ReadonlyArray<string>>> = {
  timestamp: [
    ...["created", "created_at", "createdat", "event.created", "utc", "start_time", "starttime", "startutc", "rt"],
    ...["record.time.timestamp", "record.time.repr", "msec", "logged_at", "loggedat", "event.time", "datestamp"],
    ...[
      "requesttime",
      "request_timestamp",
      "when",
      "timestr",
      "generated_at",
      "occurred_at",
      "published_at",
      "event_ts"
    ]
  ],
  severity: ["status", "s", "type", "log_type", "event.severity_name", "alert.level"],
  body: [
    "event",
    "error",
    "err",
    "event.message",
    "error.message",
    "err.message",
    "exception.message",
    "record.message"
  ]
}
