// Catalogue of codecs.
import { alb } from "./codecs/alb.ts"
import { application } from "./codecs/application.ts"
import { auto } from "./codecs/auto.ts"
import { cef } from "./codecs/cef.ts"
import { clf } from "./codecs/clf.ts"
import { cri } from "./codecs/cri.ts"
import { csv } from "./codecs/csv.ts"
import { grok } from "./codecs/grok.ts"
import { haproxy } from "./codecs/haproxy.ts"
import { iis } from "./codecs/iis.ts"
import { json } from "./codecs/json.ts"
import { kv } from "./codecs/kv.ts"
import { logfmt } from "./codecs/logfmt.ts"
import { nginx } from "./codecs/nginx.ts"
import { postgresCsv } from "./codecs/postgres-csv.ts"
import { raw } from "./codecs/raw.ts"
import { redis } from "./codecs/redis.ts"
import { regex } from "./codecs/regex.ts"
import { syslog } from "./codecs/syslog.ts"
import { xml } from "./codecs/xml.ts"
import { zabbix } from "./codecs/zabbix.ts"

/** Every codec, in the order of the reference. */
export const codecs = [
  auto,
  json,
  logfmt,
  clf,
  syslog,
  application,
  cri,
  cef,
  nginx,
  haproxy,
  iis,
  alb,
  postgresCsv,
  redis,
  zabbix,
  grok,
  regex,
  kv,
  csv,
  xml,
  raw
] as const

/** Names of all codecs. */
export const codecNames: ReadonlyArray<string> = codecs.map((codec) => codec.name)
