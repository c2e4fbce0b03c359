// Config of the collector: its sources, how frames are cut, where the broker is and where checkpoints lie.

import { asFlag, asList, asNumber, asText, type EnvironmentKeys } from "@tailrace/config/config-file"
import { field, optional } from "@tailrace/domain/field"
import { RedactConfig } from "@tailrace/redact/redact-config"
import { NatsConfig, natsKeys } from "@tailrace/streams/nats-config"
import { Schema } from "effect"
import { fileFields } from "./sources/file/file-config.ts"
import { httpFields } from "./sources/http.ts"
import { stdinFields } from "./sources/stdin.ts"
import { syslogFields } from "./sources/syslog.ts"
import { SubjectName } from "./subject-name.ts"

const positive = Schema.Int.check(Schema.isGreaterThan(0))
const frameBytes = Schema.Int.check(Schema.isBetween({ minimum: 1_024, maximum: 4_194_304 }))
const FrameConfig = Schema.Struct({
  bytes: field(frameBytes, 131_072, "A frame is published once it holds this many bytes."),
  maxBytes: field(frameBytes, 262_144, "No frame is longer, bytes, unless one message alone is."),
  lingerMillis: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })),
    5,
    "Milliseconds an open frame waits for more messages."
  ),
  encoding: field(
    Schema.Literals(["zstd", "none"]),
    "none",
    "How frames lie in the broker and in the spool: `none` leaves them as they are; `zstd` takes about a fifth of the bytes, for about a microsecond of CPU per event."
  )
})

const SpoolConfig = Schema.Struct({
  path: optional(Schema.NonEmptyString, "Folder of the spool; without it `spool` in the data folder."),
  maxBytes: field(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    1_073_741_824,
    "Bytes of frames kept on disk while the broker is away or full; beyond it senders wait or are told 429. 0 keeps none."
  ),
  segmentBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 65_536, maximum: 268_435_456 })),
    8_388_608,
    "Bytes of one of its files."
  ),
  afterMillis: field(
    Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 15_000 })),
    5_000,
    "Milliseconds without the broker's acknowledgement until frames go to the spool; at once when the connection is lost."
  )
})
export type SpoolConfig = typeof SpoolConfig.Type

const LagConfig = Schema.Struct({
  maxBytes: field(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    6_442_450_944,
    "Bytes of the raw stream that no pipeline has finished, above which sources do what their `whenFull` says; 0 for no limit."
  ),
  maxSeconds: field(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    86_400,
    "Age of the oldest of them, seconds, above which they do the same; 0 for no limit."
  )
})
export type LagConfig = typeof LagConfig.Type

export const HttpSection = Schema.Struct({
  enabled: field(Schema.Boolean, true, "Whether the collector listens for HTTP."),
  ...httpFields
})

export const SyslogSection = Schema.Struct({
  enabled: field(Schema.Boolean, true, "Whether the collector listens for syslog."),
  ...syslogFields
})

export const CollectorConfig = Schema.Struct({
  sources: optional(
    Schema.Array(Schema.Record(Schema.String, Schema.Unknown)),
    "What receives logs: a list of entries, each of a `type` (see the sources) and with a `name` where several are of one type; files alone may share theirs. Without it the sections `http`, `syslog`, `files` and `stdin` say it."
  ),
  nats: field(NatsConfig, {}, "The broker."),
  tenant: field(SubjectName, "default", "Tenant of senders that name none."),
  data: field(Schema.NonEmptyString, ".tailrace/collector", "Folder for checkpoints and the spool."),
  memoryBytes: field(
    positive,
    67_108_864,
    "Bytes of messages held in memory until the broker or the spool has them; beyond it senders wait or are told 429."
  ),
  drainMillis: field(positive, 10_000, "Milliseconds that frames under way have to be acknowledged at the end."),
  spool: field(SpoolConfig, {}, "Frames on disk while the broker is away."),
  lag: field(LagConfig, {}, "How far the pipelines may lag behind; they count as caught up below four fifths of it."),
  frames: field(FrameConfig, {}, "How frames are cut."),
  redact: optional(
    RedactConfig,
    "Takes secrets and personal values out of messages before they are sent on or lie on any disk; off when left out."
  ),
  http: optional(HttpSection, "The http source, where there is no `sources`."),
  syslog: optional(SyslogSection, "The syslog source, where there is no `sources`."),
  files: optional(
    Schema.Array(Schema.Struct(fileFields)),
    "Files that are read, an entry each, where there is no `sources`."
  ),
  stdin: optional(
    Schema.Union([Schema.Boolean, Schema.Struct(stdinFields)]),
    "Whether lines are read from standard input, or how they are, where there is no `sources`."
  )
})
export type CollectorConfig = typeof CollectorConfig.Type

const asPaths = (text: string): unknown => text.split(",").map((one) => ({ path: one.trim() }))

/** Variables that win over the file. */
export const collectorKeys: EnvironmentKeys = [
  ...natsKeys,
  ["TAILRACE_TENANT", ["tenant"], asText],
  ["TAILRACE_COLLECTOR_DATA", ["data"], asText],
  ["TAILRACE_HTTP_HOST", ["http", "host"], asText],
  ["TAILRACE_HTTP_PORT", ["http", "port"], asNumber],
  ["TAILRACE_REDACT", ["redact", "rules"], asList],
  ["TAILRACE_HTTP_NAMES", ["http", "names"], asList],
  ["TAILRACE_HTTP_ORIGINS", ["http", "origins"], asList],
  ["TAILRACE_SYSLOG_HOST", ["syslog", "host"], asText],
  ["TAILRACE_SYSLOG_PORT", ["syslog", "port"], asNumber],
  ["TAILRACE_FILES", ["files"], asPaths],
  ["TAILRACE_STDIN", ["stdin"], asFlag]
]
