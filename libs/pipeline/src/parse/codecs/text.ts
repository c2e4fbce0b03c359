// Text: the codecs of plain lines in order, the more specific before the more general; what `auto` does with all but JSON.
import type { Codec, CodecContext } from "../codec.ts"
import type { DecodeText } from "../container-text.ts"
import { isDigit } from "../instant.ts"
import { bindAlb } from "./alb.ts"
import { bindApplication } from "./application.ts"
import { bindCef } from "./cef.ts"
import { bindClf } from "./clf.ts"
import { bindHaproxy } from "./haproxy.ts"
import { bindIis } from "./iis.ts"
import { bindLenientLogfmt } from "./logfmt.ts"
import { bindNginx } from "./nginx.ts"
import { bindPostgresCsv } from "./postgres-csv.ts"
import { bindRedis } from "./redis.ts"
import { bindSyslog } from "./syslog.ts"
import { bindZabbix } from "./zabbix.ts"

const longestKey = 64

/** Whether a line begins with a key and an equals sign. */
const beginsWithPair = (bytes: Uint8Array, start: number, end: number): boolean => {
  const limit = Math.min(end, start + longestKey)
  for (let at = start; at < limit; at++) {
    const byte = bytes[at]
    if (byte === 61) return at > start
    const letter = byte | 32
    if ((letter < 97 || letter > 122) && !isDigit(byte) && byte !== 95 && byte !== 45 && byte !== 46 && byte !== 64)
      return false
  }
  return false
}

/** Whether a line begins with a year and a mark, as no address does. */
const beginsWithYear = (bytes: Uint8Array, start: number): boolean =>
  isDigit(bytes[start + 2]) && isDigit(bytes[start + 3]) && isDigit(bytes[start + 1]) && bytes[start + 4] !== 58

/** Reads a line by the first codec that takes it. Nothing but the line decides. */
export const bindText = (context: CodecContext): DecodeText => {
  const syslog = bindSyslog(context)
  const clf = bindClf(context)
  const application = bindApplication(context)
  const logfmt = bindLenientLogfmt(context)
  const cef = bindCef(context)
  const alb = bindAlb(context)
  const nginx = bindNginx(context)
  const postgresCsv = bindPostgresCsv(context)
  const redis = bindRedis(context)
  const haproxy = bindHaproxy(context)
  const iis = bindIis(context)
  const zabbix = bindZabbix(context)
  const ofPair = [logfmt, application]
  const ofYear = [application, clf, logfmt, zabbix]
  const ofSlashes = [nginx, ...ofYear]
  const ofComma = [postgresCsv, ...ofYear]
  const ofIis = [iis, ...ofYear]
  const ofDigit = [clf, haproxy, redis, application, logfmt, zabbix, syslog]
  const ofCapital = [cef, syslog, clf, application, logfmt]
  const ofSmall = [alb, clf, application, logfmt]
  const ofOther = [clf, application, logfmt]
  const ofAngle = [syslog, application]

  const candidates = (bytes: Uint8Array, start: number, end: number): ReadonlyArray<Codec> => {
    const byte = bytes[start]
    if (isDigit(byte)) {
      if (!beginsWithYear(bytes, start)) return ofDigit
      if (bytes[start + 4] === 47) return ofSlashes
      if (bytes[start + 19] === 32 && isDigit(bytes[start + 20])) return ofIis
      return (bytes[start + 27] === 44 || bytes[start + 28] === 44 || bytes[start + 26] === 44) &&
        bytes[start + 23] === 32
        ? ofComma
        : ofYear
    }
    if (byte === 60) return ofAngle
    const letter = byte | 32
    if (letter >= 97 && letter <= 122 && beginsWithPair(bytes, start, end)) return ofPair
    if (letter === byte && byte >= 97 && byte <= 122) return ofSmall
    return byte >= 65 && byte <= 90 ? ofCapital : ofOther
  }

  return (bytes, start, end, draft) => {
    const choice = candidates(bytes, start, end)
    for (let i = 0; i < choice.length; i++) {
      if (i > 0) draft.retry()
      if (choice[i].decode(bytes, start, end, draft)) return true
    }
    return false
  }
}
