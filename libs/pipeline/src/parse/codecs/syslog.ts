// The syslog codec: RFC 5424 and RFC 3164 messages, and what devices make of them.
import { isUtf8 } from "node:buffer"
import { severityNumberOfSyslog } from "@tailrace/domain/severity"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect, Schema } from "effect"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { headerLevel, leadingLevel, surroundings } from "../header-level.ts"
import { isDigit } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { structuredDataEnd } from "../structured-data.ts"
import { readDevicePrefix, SyslogBody } from "../syslog-body.ts"
import { readHostAndTag, readPriority, readTag, wordEnd } from "../syslog-header.ts"
import { readTimestamp } from "../timestamps.ts"

const SyslogConfig = Schema.Struct({})

export const syslog = defineCodec({
  name: "syslog",
  summary: "Reads syslog messages of RFC 5424 and RFC 3164, with or without priority, structured data included.",
  config: SyslogConfig,
  examples: [{ title: "Syslog", config: {} }],
  make: () => Effect.succeed(bindSyslog)
})

const space = 32
const dash = 45
const facilities = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"],
  ...[
    "security",
    "console",
    "solaris-cron",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7"
  ]
].map(encodeUtf8)

/** The keys the codec gives its attributes. */
interface SyslogKeys {
  readonly facility: number
  readonly processId: number
  readonly messageId: number
  readonly sequence: number
}

/**
 * Severity and facility from the priority; host; service from the app name or tag; `procid`, `msgid`; structured data
 * as `id.parameter`. A message that has a priority but strays from both RFCs gives what it has and keeps its text.
 * Without a priority it must begin with a timestamp, and has the severity that its message begins with, if any.
 */
export const bindSyslog: BindCodec = (context) => {
  const { keys, time, instant } = context
  const names: SyslogKeys = {
    facility: keys.fix("facility"),
    processId: keys.fix("procid"),
    messageId: keys.fix("msgid"),
    sequence: keys.fix("sequence")
  }
  const body = new SyslogBody(context)
  return {
    name: "syslog",
    decode: (bytes, start, end, draft) => {
      // Objects come to syslog's port as well.
      if (bytes[start] === 123) return body.readObject(bytes, start, end, draft)
      const priority = readPriority(bytes, start, end)
      let at = start
      if (priority >= 0) {
        at += priority & 7
        addPriority(priority >> 3, draft, names)
        const behindVersion = versionEnd(bytes, at, end)
        if (behindVersion > 0 && readProtocol(bytes, behindVersion, end, draft, names, context)) {
          body.read(bytes, end, draft)
          return true
        }
        if (behindVersion > 0 && readTimestamp(bytes, behindVersion, end, time, instant)) {
          draft.keepOriginal = true
          at = behindVersion
        }
        while (at < end && (bytes[at] === space || bytes[at] === 46 || bytes[at] === 42)) at++
      } else if (isDigit(bytes[start])) {
        // RFC 5424 whose priority was taken off on the way; only a timestamp tells it from other text.
        const behindVersion = versionEnd(bytes, start, end)
        const timed = behindVersion > 0 && isDigit(bytes[behindVersion])
        if (timed && readProtocol(bytes, behindVersion, end, draft, names, context)) return true
      }
      if (!readTimestamp(bytes, at, end, time, instant)) {
        if (priority < 0) return false
        const behindPrefix = readDevicePrefix(bytes, at, end, draft, names.sequence, context)
        if (behindPrefix === 0) {
          readBare(bytes, at, end, draft, names.processId)
          body.read(bytes, end, draft)
          return true
        }
        at = behindPrefix
      }
      let behind = instant.end
      if (priority < 0 && bytes[behind] !== space) return false
      draft.takeTime(instant, at, behind - at)
      if (bytes[behind] === 58 && behind < end) behind++
      while (behind < end && bytes[behind] === space) behind++
      // A level where the host should stand is an application's line, not syslog's.
      if (priority < 0 && headerLevel(bytes, behind, wordEnd(bytes, behind, end), surroundings.loose) > 0) return false
      if (draft.hasRole(role.host)) readTag(bytes, behind, end, draft, names.processId)
      else readHostAndTag(bytes, behind, end, draft, names.processId)
      if (priority < 0) draft.severityNumber = leadingLevel(bytes, draft.roleStart[role.body], end) & 31
      else body.read(bytes, end, draft)
      return true
    }
  }
}

/** Severity and facility; a priority above those of the RFC says neither, and its text is kept. */
const addPriority = (value: number, draft: RecordDraft, names: SyslogKeys): void => {
  if (value >> 3 >= facilities.length) {
    draft.keepOriginal = true
    return
  }
  draft.severityNumber = severityNumberOfSyslog(value & 7)
  addText(draft, names.facility, facilities[value >> 3])
}

/** Reads what has a priority and neither RFC's time. */
const readBare = (bytes: Uint8Array, at: number, end: number, draft: RecordDraft, processId: number): void => {
  draft.keepOriginal = true
  const word = wordEnd(bytes, at, end)
  if (word > at && bytes[word - 1] === 58) readTag(bytes, at, end, draft, processId)
  else draft.setRole(role.body, at, end - at)
}

const addText = (draft: RecordDraft, key: number, text: Uint8Array): void => {
  const at = draft.reserveScratch(text.length)
  draft.scratch.set(text, at)
  draft.scratchUsed = at + text.length
  draft.addAttribute(key, -1 - at, text.length)
}

/** The position behind the version of RFC 5424 and its space, or 0 when there is none. */
const versionEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && position < at + 3 && isDigit(bytes[position])) position++
  return position > at && position < end && bytes[at] !== 48 && bytes[position] === space ? position + 1 : 0
}

/** Reads RFC 5424 behind the version: `TIMESTAMP HOST APP PROCID MSGID SD [MSG]`. */
const readProtocol = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  names: SyslogKeys,
  { keys, time, instant }: CodecContext
): boolean => {
  let at = start
  let behind = wordEnd(bytes, at, end)
  const hasTime = !isNil(bytes, at, behind)
  if (hasTime && (!readTimestamp(bytes, at, behind, time, instant) || instant.end !== behind)) return false
  if (behind >= end) return false
  const timeStart = at
  const timeLength = behind - at
  at = behind + 1
  const host = at
  const hostEnd = wordEnd(bytes, at, end)
  const app = hostEnd + 1
  const appEnd = wordEnd(bytes, app, end)
  const process = appEnd + 1
  const processEnd = wordEnd(bytes, process, end)
  const message = processEnd + 1
  behind = wordEnd(bytes, message, end)
  // Every field must be there, if only as a dash; without structured data it is no RFC 5424.
  if (behind >= end || hostEnd === host || appEnd === app || processEnd === process) return false
  at = behind + 1
  // Heroku and Docker leave out the structured data.
  const hasData = bytes[at] === 91 || (bytes[at] === dash && (at + 1 >= end || bytes[at + 1] === space))
  // Lengths of the RFC's grammar; what is longer is read all the same.
  const strays = hostEnd - host > 255 || appEnd - app > 48 || processEnd - process > 128 || behind - message > 32
  draft.keepOriginal = strays || behind === message || !isPrintable(bytes, host, behind)

  if (hasTime) draft.takeTime(instant, timeStart, timeLength)
  if (!isNil(bytes, host, hostEnd)) draft.setRole(role.host, host, hostEnd - host)
  if (!isNil(bytes, app, appEnd)) draft.setRole(role.service, app, appEnd - app)
  if (!isNil(bytes, process, processEnd)) draft.addAttribute(names.processId, process, processEnd - process)
  if (behind > message && !isNil(bytes, message, behind)) draft.addAttribute(names.messageId, message, behind - message)
  if (!hasData) {
    draft.keepOriginal = true
    draft.setRole(role.body, at, end - at)
    return true
  }
  const dataEnd = bytes[at] === dash ? at + 1 : structuredDataEnd(bytes, at, end, draft, keys)
  if (dataEnd < 0 || (dataEnd < end && bytes[dataEnd] !== space)) {
    draft.keepOriginal = true
    draft.setRole(role.body, at, end - at)
    return true
  }
  let body = Math.min(dataEnd + 1, end)
  // The byte order mark announces UTF-8 and is no part of the text.
  if (bytes[body] === 0xef && bytes[body + 1] === 0xbb && bytes[body + 2] === 0xbf && body + 3 <= end) {
    body += 3
    if (!isUtf8(bytes.subarray(body, end))) draft.keepOriginal = true
  }
  draft.setRole(role.body, body, end - body)
  return true
}

const isPrintable = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (bytes[at] < 32 || bytes[at] > 126) return false
  return true
}

const isNil = (bytes: Uint8Array, start: number, end: number): boolean => end === start + 1 && bytes[start] === dash
