// Line time: where the timestamp of a plain text line stands, at its start or behind what loggers write before one.
import type { CodecContext } from "./codec.ts"
import { headerLevel, letterLevel, surroundings } from "./header-level.ts"
import { closingBracket, enclosedLevel, isPlainWord } from "./header-words.ts"
import { fourDigits, isDigit, midnight, twoDigits } from "./instant.ts"
import { readEpoch } from "./timestamp-epoch.ts"
import { readTimestamp } from "./timestamps.ts"

const space = 32
const tab = 9
const comma = 44
const dot = 46
const colon = 58
const bar = 124
const equals = 61
const quote = 34
const openBracket = 91
const mostWords = 6
const searchedBytes = 160
const twoDays = 2 * 86_400_000
const dayMillis = 86_400_000

/** What `findTime` found; reused for every line. */
export const lineTime = {
  /** Extent of the timestamp. */
  start: 0,
  end: 0,
  /** Whether a bracket stands before it. */
  isOpened: false,
  /** Level before it, 0 for none, and the extent of a bracketed name between them. */
  level: 0,
  nameStart: 0,
  nameEnd: 0,
  /** Where words before it begin that are neither; equal to `start` when there are none. */
  prefix: 0,
  /** Whether it counts only when a level stands behind it. */
  needsLevel: false
}

/**
 * Finds the timestamp of a line into `lineTime` and the context's instant; answers whether there is one. Behind words of a
 * sentence, behind pairs and behind quotes a date is part of the message.
 */
export const findTime = (bytes: Uint8Array, start: number, end: number, context: CodecContext): boolean => {
  lineTime.level = 0
  lineTime.nameEnd = 0
  lineTime.nameStart = 0
  lineTime.prefix = start
  lineTime.needsLevel = false
  const first = bytes[start]
  const isOpened = first === openBracket || first === 40
  if (readAt(bytes, isOpened ? start + 1 : start, end, isOpened, context)) {
    lineTime.prefix = lineTime.start
    return true
  }
  if (isDigit(first) && readEpochHead(bytes, start, end, context)) return true
  return findBehindWords(bytes, start, end, context)
}

const readAt = (bytes: Uint8Array, at: number, end: number, isOpened: boolean, context: CodecContext): boolean => {
  if (!readTimestamp(bytes, at, end, context.time, context.instant)) return false
  lineTime.start = at
  lineTime.end = context.instant.end
  lineTime.isOpened = isOpened
  return true
}

const findBehindWords = (bytes: Uint8Array, start: number, end: number, context: CodecContext): boolean => {
  const limit = Math.min(end, start + searchedBytes)
  let at = start
  let isBehindBar = false
  let words = 0
  for (let word = 0; word < mostWords && at < limit; word++) {
    const isOpened = bytes[at] === openBracket
    if (word > 0 && readAt(bytes, isOpened ? at + 1 : at, end, isOpened, context)) {
      lineTime.needsLevel = lineTime.level === 0 && !isOpened && !isBehindBar && !isAddress(bytes, start)
      if (words === 0) lineTime.prefix = lineTime.start
      return true
    }
    const behind = isOpened ? bracketEnd(bytes, at, end, word, context) : wordEnd(bytes, at, limit)
    if (behind === 0) return lineTime.end > at
    if (!isOpened) {
      if (isConfirmedEpoch(bytes, at, behind, end, context)) return true
      if (word === 0 && levelWord(bytes, at, behind)) words--
      else if (!isHeaderWord(bytes, at, behind)) return false
      words++
    }
    isBehindBar = bytes[behind - 1] === bar
    at = behind
    while (at < limit && (bytes[at] === space || bytes[at] === tab)) at++
  }
  return false
}

const wordEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== space && bytes[position] !== tab) position++
  return position
}

/** Steps over `[LEVEL]` or `[name]`; reads the time of `[E 2026-11-30 14:22:01 name]`. Answers 0 at the end of the search. */
const bracketEnd = (bytes: Uint8Array, at: number, end: number, word: number, context: CodecContext): number => {
  if (bytes[at + 2] === space && word === 0) {
    const level = letterLevel(bytes[at + 1])
    if (level > 0 && readAt(bytes, at + 3, end, true, context)) {
      lineTime.level = level
      lineTime.prefix = lineTime.start
      return 0
    }
  }
  lineTime.end = 0
  const closing = closingBracket(bytes, at, end)
  if (closing < 0) return 0
  const level = lineTime.level > 0 ? 0 : enclosedLevel(bytes, at + 1, closing)
  if (level > 0) lineTime.level = level
  else if (lineTime.nameEnd === 0) {
    lineTime.nameStart = at + 1
    lineTime.nameEnd = closing
  } else return 0
  return closing + 1
}

/** Whether the first word is a level: `ERROR`, `WARN:`, or Ruby's `E,`. */
const levelWord = (bytes: Uint8Array, start: number, end: number): boolean => {
  const isMarked = bytes[end - 1] === colon || bytes[end - 1] === comma
  const behind = isMarked ? end - 1 : end
  lineTime.level =
    behind === start + 1 && bytes[behind] === comma
      ? letterLevel(bytes[start])
      : headerLevel(bytes, start, behind, isMarked ? surroundings.marked : surroundings.loose)
  return lineTime.level > 0
}

/** Whether a word may stand before a timestamp: no word of a sentence, no pair, nothing quoted, no list. */
const isHeaderWord = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (bytes[i] === equals || bytes[i] === quote || bytes[i] === comma) return false
  const behind = bytes[end - 1] === colon ? end - 1 : end
  return !isPlainWord(bytes, start, behind) || behind === start
}

/** Whether a line begins with an IPv4 address. */
const isAddress = (bytes: Uint8Array, start: number): boolean => {
  let dots = 0
  let position = start
  while (position < start + 15 && (isDigit(bytes[position]) || bytes[position] === dot)) {
    if (bytes[position++] === dot) dots++
  }
  return dots === 3 && (bytes[position] === space || bytes[position] === colon)
}

/** Whether the word is seconds since the epoch, confirmed by the date behind it: `1117838570 2005.06.03`. */
const isConfirmedEpoch = (
  bytes: Uint8Array,
  start: number,
  behind: number,
  end: number,
  { instant }: CodecContext
): boolean => {
  if (behind - start !== 10 || behind + 12 > end || bytes[behind + 5] !== dot || bytes[behind + 8] !== dot) return false
  if (!readEpoch(bytes, start, behind, instant)) return false
  const day = midnight(fourDigits(bytes, behind + 1), twoDigits(bytes, behind + 6), twoDigits(bytes, behind + 9))
  if (Math.abs(day - instant.millis) >= twoDays) return false
  lineTime.start = start
  lineTime.end = behind + 11
  lineTime.isOpened = false
  return true
}

/** Reads seconds with milliseconds at the start of a line, as squid writes them, unless they lie ahead of the receipt. */
const readEpochHead = (bytes: Uint8Array, start: number, end: number, { instant, time }: CodecContext): boolean => {
  if (bytes[start + 10] !== dot) return false
  const behind = wordEnd(bytes, start, Math.min(end, start + 24))
  if (behind - start < 14 || !readEpoch(bytes, start, behind, instant)) return false
  if (instant.millis > time.nearMillis + dayMillis) return false
  lineTime.start = start
  lineTime.end = behind
  lineTime.prefix = start
  lineTime.isOpened = false
  return true
}
