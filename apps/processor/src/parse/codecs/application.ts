// The application codec: plain text lines of programs, with a timestamp, a level, or both before the message.
import { Effect, Schema } from "effect"
import { findLevel, type HeaderKeys, readComponent, skipSeparators } from "../application-header.ts"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { leadingLevel, letterLevel } from "../header-level.ts"
import { fourDigits, isDigit, midnight, twoDigits } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readHostAndTag, wordEnd } from "../syslog-header.ts"
import { readEpoch } from "../timestamp-epoch.ts"
import { readKlog } from "../timestamp-short.ts"
import { readTimestamp } from "../timestamps.ts"

const ApplicationConfig = Schema.Struct({})

export const application = defineCodec({
  name: "application",
  summary: "Reads lines such as `2026-01-19 10:30:00 ERROR [Component] message`, of any common logging library.",
  config: ApplicationConfig,
  examples: [{ title: "Application lines", config: {} }],
  make: () => Effect.succeed(bindApplication)
})

const space = 32
const dash = 45
const openBracket = 91
const closeBracket = 93
const timestampWords = 6
const searchedBytes = 160
const twoDays = 2 * 86_400_000

/** Attributes: `component`, `thread`, `pid`, `tid`, `prefix` for words before the timestamp, `header` for others before the level. */
export const bindApplication: BindCodec = (context) => {
  const { keys } = context
  const names: HeaderKeys = {
    processId: keys.fix("pid"),
    threadId: keys.fix("tid"),
    thread: keys.fix("thread"),
    component: keys.fix("component"),
    header: keys.fix("header")
  }
  const processId = keys.fix("procid")
  const prefix = keys.fix("prefix")
  return {
    name: "application",
    decode: (bytes, start, end, draft) => {
      // Indented lines continue a message; they begin none.
      if (bytes[start] <= space || end - start < 5) return false
      if (isDigit(bytes[start + 1]) && readKlogLine(bytes, start, end, draft, names, context)) return true
      const found = findTimestamp(bytes, start, end, draft, context)
      if (found < 0) return readLevelFirst(bytes, start, end, draft, names)
      if (draft.timeStart > start + 1) {
        const level = leadingLevel(bytes, start, end)
        if (level > 0) {
          draft.severityNumber = level & 31
          readComponent(bytes, found, end, draft, names, false)
          return true
        }
        addPrefix(draft, prefix, bytes, start, draft.timeStart)
      }
      const monthDay = bytes[draft.timeStart + 2] === dash && bytes[draft.timeStart + 5] === space
      const at = skipSeparators(bytes, found, end)
      const behindLevel = findLevel(bytes, at, end, draft, names, monthDay)
      if (behindLevel >= 0) readComponent(bytes, behindLevel, end, draft, names, monthDay)
      else if (isMonthName(bytes, draft.timeStart, draft.timeLength)) readHostAndTag(bytes, at, end, draft, processId)
      else draft.setRole(role.body, at, end - at)
      return true
    }
  }
}

// RFC 3164 dates are 15 bytes long at most; asctime's, which Apache writes in brackets, are longer.
const isMonthName = (bytes: Uint8Array, at: number, length: number): boolean => !isDigit(bytes[at]) && length <= 15

const addPrefix = (draft: RecordDraft, key: number, bytes: Uint8Array, start: number, timeStart: number): void => {
  let stop = timeStart
  while (stop > start && (bytes[stop - 1] === space || bytes[stop - 1] === openBracket)) stop--
  if (stop > start) draft.addAttribute(key, start, stop - start)
}

/** Finds a timestamp at one of the first words; sets the draft's time and answers the position behind it, or -1. */
const findTimestamp = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  context: CodecContext
): number => {
  const { time, instant } = context
  const limit = Math.min(end, start + searchedBytes)
  let at = start
  for (let word = 0; word < timestampWords && at < limit; word++) {
    const bracketed = bytes[at] === openBracket
    const from = bracketed ? at + 1 : at
    if (readTimestamp(bytes, from, end, time, instant)) {
      draft.takeTime(instant, from, instant.end - from)
      return bracketed && bytes[instant.end] === closeBracket ? instant.end + 1 : instant.end
    }
    const behind = wordEnd(bytes, at, end)
    if (isConfirmedEpoch(bytes, at, behind, end, context)) {
      draft.takeTime(instant, at, behind - at)
      return behind + 11
    }
    at = behind
    while (at < limit && bytes[at] === space) at++
  }
  return -1
}

/** Whether the word is seconds since the epoch, confirmed by the date behind it: `1117838570 2005.06.03`. */
const isConfirmedEpoch = (
  bytes: Uint8Array,
  start: number,
  behind: number,
  end: number,
  { instant }: CodecContext
): boolean => {
  if (behind - start !== 10 || behind + 12 > end || bytes[behind + 5] !== 46 || bytes[behind + 8] !== 46) return false
  if (!readEpoch(bytes, start, behind, instant)) return false
  const day = midnight(fourDigits(bytes, behind + 1), twoDigits(bytes, behind + 6), twoDigits(bytes, behind + 9))
  return Math.abs(day - instant.millis) < twoDays
}

/** Reads `I0517 15:04:22.619642 1234 file.cc:259] message`. */
const readKlogLine = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  names: HeaderKeys,
  { time, instant }: CodecContext
): boolean => {
  const level = letterLevel(bytes[start])
  if (level === 0 || !readKlog(bytes, start + 1, end, time.zone, time.nearMillis, instant)) return false
  draft.severityNumber = level
  draft.takeTime(instant, start + 1, instant.end - start - 1)
  let at = skipSeparators(bytes, instant.end, end)
  let behind = wordEnd(bytes, at, end)
  if (behind > at && behind < end && bytes[behind - 1] !== closeBracket) {
    draft.addAttribute(names.processId, at, behind - at)
    at = skipSeparators(bytes, behind, end)
    behind = wordEnd(bytes, at, end)
  }
  if (behind > at && bytes[behind - 1] === closeBracket) {
    draft.addAttribute(names.component, at, behind - at - 1)
    at = skipSeparators(bytes, behind, end)
  }
  draft.setRole(role.body, at, end - at)
  return true
}

/** Reads lines that begin with a level and have no timestamp: `ERROR: message`, `[WARN] message`. */
const readLevelFirst = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  names: HeaderKeys
): boolean => {
  const level = leadingLevel(bytes, start, end)
  if (level === 0) return false
  draft.severityNumber = level & 31
  readComponent(bytes, start + (level >> 5), end, draft, names, false)
  return true
}
