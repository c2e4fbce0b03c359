// ParseConfig: how the parse stage reads messages.

import { DurationMillis } from "@tailrace/domain/duration"
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"
import { CsvConfig } from "./codecs/csv.ts"
import { GrokConfig } from "./codecs/grok.ts"
import { JsonConfig } from "./codecs/json.ts"
import { KvConfig } from "./codecs/kv.ts"
import { LogfmtConfig } from "./codecs/logfmt.ts"
import { RegexConfig } from "./codecs/regex.ts"
import { XmlConfig } from "./codecs/xml.ts"
import { makeZone } from "./zone.ts"

const zone = Schema.String.check(
  Schema.makeFilter(
    (name: string) =>
      makeZone(name) !== undefined || 'must be "UTC", an offset such as "+02:00", or a zone such as "Europe/Berlin"'
  )
)

const instant = Schema.String.check(
  Schema.makeFilter((text: string) => !Number.isNaN(Date.parse(text)) || 'must be a date such as "1990-01-01"')
)

const codecName = Schema.Literals([
  "auto",
  "json",
  "logfmt",
  "clf",
  "syslog",
  "application",
  "cri",
  "cef",
  "nginx",
  "haproxy",
  "iis",
  "alb",
  "postgres-csv",
  "redis",
  "zabbix",
  "grok",
  "regex",
  "kv",
  "csv",
  "xml",
  "raw"
])

export const ParseConfig = Schema.Struct({
  codec: field(codecName, "auto", "Codec of frames whose source does not name one."),
  sources: field(
    Schema.Record(Schema.String, codecName),
    {},
    "Codecs by the name of the source, for frames that name none; a source that is not here has `codec`."
  ),
  zone: field(zone, "UTC", "Zone of timestamps that state none."),
  maximumFuture: field(
    DurationMillis,
    "1d",
    "How far after its receipt a record may claim to be; beyond it the receipt is the timestamp and the text is kept in `timestamp.original`."
  ),
  oldest: field(
    instant,
    "1990-01-01",
    "Oldest timestamp that is believed; older ones are treated like those of the future."
  ),
  maximumBodyBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1024, maximum: 67_108_864 })),
    1_048_576,
    "Bytes of a body; longer ones are cut and the bytes cut off are counted in `log.truncated_bytes`."
  ),
  maximumAttributes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 })),
    512,
    "Attributes of a record; with more, the first are kept and the whole message in `log.original`."
  ),
  json: field(JsonConfig, {}, "Options of the json codec."),
  logfmt: field(LogfmtConfig, {}, "Options of the logfmt codec."),
  grok: field(GrokConfig, {}, "Options of the grok codec."),
  regex: field(RegexConfig, {}, "Options of the regex codec."),
  kv: field(KvConfig, {}, "Options of the kv codec."),
  csv: field(CsvConfig, {}, "Options of the csv codec."),
  xml: field(XmlConfig, {}, "Options of the xml codec.")
})
export type ParseConfig = typeof ParseConfig.Type
