// Field roles: which keys of structured records name a well-known field, and which of two such keys wins.

/** The well-known fields a key may fill; 0 is an ordinary attribute. */
export const role = {
  attribute: 0,
  time: 1,
  severity: 2,
  severityNumber: 3,
  body: 4,
  service: 5,
  host: 6,
  traceId: 7,
  spanId: 8
} as const

/** Number of roles, `attribute` included. */
export const roleCount = 9

// Within a role the first present key of the list wins; the others stay attributes. Keys are compared in any case.
const keysByRole: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
  [
    role.time,
    [
      "timestamp",
      "@timestamp",
      "time",
      "ts",
      "@t",
      "datetime",
      "date",
      "eventtime",
      "event_time",
      "timeunixnano",
      "time_unix_nano",
      "__realtime_timestamp",
      "asctime",
      "t"
    ]
  ],
  [
    role.severity,
    [
      "severity",
      "level",
      "lvl",
      "severity_text",
      "severitytext",
      "log.level",
      "loglevel",
      "log_level",
      "levelname",
      "@l",
      "priority",
      "syslog.severity"
    ]
  ],
  [role.severityNumber, ["severity_number", "severitynumber"]],
  [role.body, ["message", "msg", "body", "log", "@m", "@mt", "short_message", "text", "event.original"]],
  [
    role.service,
    [
      "service",
      "service.name",
      "service_name",
      "servicename",
      "svc",
      "app",
      "application",
      "app_name",
      "appname",
      "syslog_identifier"
    ]
  ],
  [role.host, ["host", "hostname", "host.name", "host_name", "_hostname", "server.name"]],
  [role.traceId, ["trace_id", "traceid", "trace.id", "trace-id", "otel.trace_id", "dd.trace_id"]],
  [role.spanId, ["span_id", "spanid", "span.id", "span-id", "otel.span_id", "dd.span_id"]]
]

const roles = new Map<string, number>()
for (const [number, keys] of keysByRole) {
  keys.forEach((key, rank) => {
    roles.set(key, number * 32 + rank)
  })
}

/** Role of a key times 32 plus its rank within the role (0 wins), or 0 when the key is an attribute. */
export const roleAndRankOf = (key: string): number => roles.get(key) ?? roles.get(key.toLowerCase()) ?? 0

/** Longest key that can have a role, in bytes. */
export const longestRoleKey = Math.max(...[...roles.keys()].map((key) => key.length))
