// Field roles: which keys of structured records name a well-known field, and which of two such keys wins.
import { fieldNames, weakFieldNames } from "@tailrace/domain/field-names"

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

/** Hints: keys that stay attributes, and that a record without the field they hint at is looked through for. */
export const hint = {
  time: roleCount,
  severity: roleCount + 1,
  body: roleCount + 2,
  /** Seconds, and nanoseconds inside them, of a time that is sent as an object. */
  seconds: roleCount + 3,
  nanos: roleCount + 4,
  /** The status of an HTTP answer. */
  status: roleCount + 5,
  /** bunyan's name of the program. */
  program: roleCount + 6
} as const

/** Roles are shifted by this many bits above the rank. */
export const rankBits = 6
export const rankMask = (1 << rankBits) - 1

// Within a role the first present key of the list wins; the others stay attributes. Keys are compared in any case.
const keysByRole: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
  [role.time, fieldNames.timestamp],
  [role.severity, fieldNames.severity],
  [role.severityNumber, fieldNames.severityNumber],
  [role.body, fieldNames.body],
  [role.service, fieldNames.service],
  [role.host, fieldNames.host],
  [role.traceId, fieldNames.traceId],
  [role.spanId, fieldNames.spanId],
  [hint.time, weakFieldNames.timestamp],
  [hint.severity, weakFieldNames.severity],
  [hint.body, weakFieldNames.body],
  [hint.seconds, ["timestamp.seconds", "instant.epochsecond", "time.seconds", "ts.seconds", "timestampseconds"]],
  [hint.nanos, ["timestamp.nanos", "instant.nanoofsecond", "time.nanos", "ts.nanos", "timestampnanos"]],
  [
    hint.status,
    [
      ...["response_code", "responsecode", "http.status", "http.status_code", "http.response.status_code"],
      ...["status_code", "statuscode", "sc-status", "downstreamstatus", "edgeresponsestatus", "httprequest.status"],
      ...["res.statuscode", "resp.status", "elb_status_code"]
    ]
  ],
  [hint.program, ["name"]]
]

const roles = new Map<string, number>()
for (const [number, keys] of keysByRole) {
  keys.forEach((key, rank) => {
    roles.set(key, (number << rankBits) + rank)
  })
}

/** Role of a key shifted by `rankBits`, plus its rank within the role (0 wins), or 0 when the key is an attribute. */
export const roleAndRankOf = (key: string): number => roles.get(key) ?? roles.get(key.toLowerCase()) ?? 0

/** Longest key that can have a role, in bytes. */
export const longestRoleKey = Math.max(...[...roles.keys()].map((key) => key.length))
