// The application codec: plain text lines of programs, with a timestamp, a level, or both before the message.
import { Effect, Schema } from "effect"
import { addOnce, findLevel, type HeaderKeys, readComponent } from "../application-header.ts"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { leadingLevel, letterLevel } from "../header-level.ts"
import { skipSeparators } from "../header-words.ts"
import { InnerMessage } from "../inner-message.ts"
import { isDigit } from "../instant.ts"
import { findTime, lineTime } from "../line-time.ts"
import type { RecordDraft } from "../record-draft.ts"
import { isHostAndTag, readHostAndTag, wordEnd } from "../syslog-header.ts"
import { readKlog } from "../timestamp-short.ts"

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
const colon = 58
const slash = 47
const openBracket = 91
const closeBracket = 93
const farthestClosing = 256

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
  const inner = new InnerMessage(8)
  return {
    name: "application",
    decode: (bytes, start, end, draft) => {
      // Indented lines continue a message; they begin none.
      if (bytes[start] <= space || end - start < 5) return false
      if (bytes[start] >= 65 && isDigit(bytes[start + 1]) && readKlogLine(bytes, start, end, draft, names, context))
        return true
      if (!findTime(bytes, start, end, context)) {
        return readLevelFirst(bytes, start, end, draft, names) || readClockFirst(bytes, start, end, draft, names)
      }
      const monthDay = bytes[lineTime.start + 2] === dash && bytes[lineTime.start + 5] === space
      const header = headerAfterTime(bytes, end)
      const behind = findLevel(bytes, header.at, header.inside > 0 ? header.inside : end, draft, names, monthDay)
      if (behind < 0 && lineTime.needsLevel) return readLevelFirst(bytes, start, end, draft, names)
      draft.takeTime(context.instant, lineTime.start, lineTime.end - lineTime.start)
      if (lineTime.prefix < lineTime.start) addPrefix(draft, prefix, bytes, start, lineTime.start)
      if (lineTime.nameEnd > lineTime.nameStart) addOnce(draft, names.thread, lineTime.nameStart, lineTime.nameEnd)
      if (behind < 0 && lineTime.level > 0) draft.severityNumber = lineTime.level
      if (header.inside > 0) readEnclosed(bytes, header, behind, end, draft, names)
      else if (behind >= 0) readComponent(bytes, behind, end, draft, names, monthDay)
      else if (lineTime.level > 0) readComponent(bytes, header.at, end, draft, names, false)
      else if (bytes[header.at] === 123 && inner.read(bytes, header.at, end, draft)) return true
      else if (isSyslog(bytes, header.at, end)) readHostAndTag(bytes, header.at, end, draft, processId)
      else if (header.at < end) draft.setRole(role.body, header.at, end - header.at)
      if (draft.severityNumber === 0 && bytes[header.at] === 34)
        draft.severityNumber = severityOfAnswer(bytes, header.at, end)
      return true
    }
  }
}

/** Severity of a line that begins with a request in quotes and its status, as Django's server writes it; 0 for none. */
const severityOfAnswer = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at + 1
  while (position < end && bytes[position] !== 34) position++
  const status = position + 2
  if (bytes[position + 1] !== space || status + 3 > end || !isDigit(bytes[status + 1]) || !isDigit(bytes[status + 2]))
    return 0
  return bytes[status] === 53 ? 17 : bytes[status] === 52 ? 13 : 0
}

// Reused, one line at a time: where the header goes on behind the time, and where the bracket closes that the time stands in.
const after = { at: 0, inside: 0 }

const headerAfterTime = (bytes: Uint8Array, end: number): typeof after => {
  after.inside = 0
  let at = lineTime.end
  if (lineTime.isOpened) {
    if (bytes[at] === closeBracket || bytes[at] === 41) at++
    else after.inside = closingOf(bytes, at, end)
  }
  after.at = skipSeparators(bytes, at, end)
  return after
}

/** The bracket that closes the one before the time, brackets between them skipped; 0 when there is none near. */
const closingOf = (bytes: Uint8Array, at: number, end: number): number => {
  const limit = Math.min(end, at + farthestClosing)
  let depth = 1
  for (let i = at; i < limit; i++) {
    if (bytes[i] === openBracket) depth++
    else if (bytes[i] === closeBracket && --depth === 0) return i
  }
  return 0
}

/**
 * Reads what stands in one bracket with the time: `[time LEVEL component] message` (env_logger), `[time: LEVEL/thread]`
 * (Celery), `E, [time #pid]  LEVEL -- program: message` (Ruby).
 */
const readEnclosed = (
  bytes: Uint8Array,
  header: typeof after,
  behindLevel: number,
  end: number,
  draft: RecordDraft,
  names: HeaderKeys
): void => {
  const closing = header.inside
  let from = behindLevel >= 0 ? behindLevel : header.at
  const isThread = bytes[from] === slash
  if (isThread) from++
  from = skipSeparators(bytes, from, closing)
  if (bytes[from] === 35) from++
  const isProcess = from < closing && bytes[from - 1] === 35
  if (from < closing) {
    addOnce(draft, isProcess ? names.processId : isThread ? names.thread : names.component, from, closing)
  }
  const at = skipSeparators(bytes, closing + 1, end)
  const behind = behindLevel >= 0 ? -1 : findLevel(bytes, at, end, draft, names, false)
  if (behind >= 0) readComponent(bytes, behind, end, draft, names, false)
  else draft.setRole(role.body, at, end - at)
}

// RFC 3164 dates are 15 bytes long at most; asctime's, which Apache writes in brackets, are longer.
const isSyslog = (bytes: Uint8Array, at: number, end: number): boolean => {
  const { start } = lineTime
  if (!isDigit(bytes[start])) return lineTime.end - start <= 15 && !lineTime.isOpened
  return bytes[start + 10] === 84 && isHostAndTag(bytes, at, end, lineTime.end - start)
}

const addPrefix = (draft: RecordDraft, key: number, bytes: Uint8Array, start: number, timeStart: number): void => {
  let stop = timeStart
  while (stop > start && (bytes[stop - 1] === space || bytes[stop - 1] === openBracket)) stop--
  if (stop > start) draft.addAttribute(key, start, stop - start)
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

/** Reads lines that begin with a level and have no timestamp: `ERROR: message`, `[WARN] message`, `WARNING:logger:message`. */
const readLevelFirst = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  names: HeaderKeys
): boolean => {
  const level = leadingLevel(bytes, start, end)
  if (level === 0) return isFailure(bytes, start, end, draft)
  draft.severityNumber = level & 31
  const behind = start + (level >> 5)
  if (bytes[behind] === space && bytes[behind - 1] !== closeBracket) {
    // Nothing marks the word: it may as well begin a sentence, which stays whole.
    draft.setRole(role.body, start, end - start)
    return true
  }
  const logger = bytes[behind] === colon && bytes[behind + 1] !== space ? loggerEnd(bytes, behind + 1, end) : 0
  if (logger === 0) readComponent(bytes, behind, end, draft, names, false)
  else {
    draft.addAttribute(names.component, behind + 1, logger - behind - 1)
    draft.setRole(role.body, logger + 1, end - logger - 1)
  }
  return true
}

/** Where the logger's name ends in Python's `LEVEL:logger:message`, or 0. */
const loggerEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] > space && bytes[position] !== colon) position++
  return position > at && bytes[position] === colon && position < end ? position : 0
}

/** Reads the level of lines that have the time of day alone, which says no day: the line stays whole. */
const readClockFirst = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  names: HeaderKeys
): boolean => {
  const isOpened = bytes[start] === openBracket
  const from = isOpened ? start + 1 : start
  if (!isDigit(bytes[from]) || bytes[from + 2] !== colon || bytes[from + 5] !== colon || !isDigit(bytes[from + 7]))
    return false
  const at = skipSeparators(bytes, wordEnd(bytes, start, end), end)
  if (findLevel(bytes, at, end, draft, names, false) < 0) return false
  draft.setRole(role.body, start, end - start)
  return true
}

const failures = [
  "Exception in thread ",
  "Traceback (most recent call last)",
  "Unhandled exception",
  "Uncaught ",
  "panic: ",
  "fatal error: "
].map((text) => text.split("").map((letter) => letter.charCodeAt(0)))

/** Whether the line is the first of a failure that a runtime reports; it stays whole. */
const isFailure = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean => {
  for (const text of failures) {
    if (end - start < text.length || bytes[start] !== text[0]) continue
    let same = 0
    while (same < text.length && bytes[start + same] === text[same]) same++
    if (same < text.length) continue
    draft.severityNumber = text[0] === 112 || text[0] === 102 ? 21 : 17
    draft.setRole(role.body, start, end - start)
    return true
  }
  return false
}
