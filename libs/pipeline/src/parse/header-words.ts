// Header words: what kind of word stands in the header of a line, and whether it is its level.
import { headerLevel, letterLevel, surroundings } from "./header-level.ts"
import { isDigit } from "./instant.ts"

const space = 32
const tab = 9
const comma = 44
const dash = 45
const colon = 58
const bar = 124
const slash = 47
const dot = 46
const openBracket = 91
const closeBracket = 93
const less = 60
const greater = 62

const isSeparator = (byte: number): boolean =>
  byte === space || byte === tab || byte === comma || byte === bar || byte === colon

/** The position at or behind `at` where separators, and a dash standing alone, have ended. */
export const skipSeparators = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end) {
    if (isSeparator(bytes[position])) position++
    else if (bytes[position] === dash && (position + 1 >= end || bytes[position + 1] === space)) position++
    else break
  }
  return position
}

/** The position before `at` where separators have begun. */
export const withoutSeparators = (bytes: Uint8Array, start: number, at: number): number => {
  let stop = at
  while (stop > start && isSeparator(bytes[stop - 1])) stop--
  return stop
}

/** The bracket that closes the one at `at`, nested ones of its kind counted; -1 when none does. */
export const closingBracket = (bytes: Uint8Array, at: number, end: number): number => {
  let depth = 0
  const limit = Math.min(end, at + 512)
  for (let position = at; position < limit; position++) {
    if (bytes[position] === openBracket) depth++
    else if (bytes[position] === closeBracket && --depth === 0) return position
  }
  return -1
}

/** The position of the first space, tab or bar at or behind `at`, or `end`. */
export const plainEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end) {
    const byte = bytes[position]
    if (byte === space || byte === bar || byte === tab) break
    position++
  }
  return position
}

export const isNumber = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (!isDigit(bytes[i])) return false
  return end > start && end - start <= 10
}

/** Whether a word is one of a sentence: letters alone, and not all of them capitals. */
export const isPlainWord = (bytes: Uint8Array, start: number, end: number): boolean => {
  let small = 0
  for (let i = start; i < end; i++) {
    const letter = bytes[i] | 32
    if (letter < 97 || letter > 122) return false
    if (bytes[i] >= 97) small++
  }
  return small > 0
}

/** Level of the text between brackets, spaces around it aside: `WARN `, `E`, `core:error`, `Server thread/WARN`; 0 for none. */
export const enclosedLevel = (bytes: Uint8Array, start: number, end: number): number => {
  let from = start
  let to = end
  while (from < to && bytes[from] === space) from++
  while (to > from && bytes[to - 1] === space) to--
  enclosedName = 0
  if (to === from + 1) return bytes[from] === 65 || bytes[from] === 67 ? 0 : letterLevel(bytes[from])
  const whole = headerLevel(bytes, from, to, surroundings.marked)
  if (whole > 0 || to - from > 160) return whole
  for (let i = to - 1; i > from; i--) {
    // Apache 2.4 writes [module:level], Minecraft [thread/LEVEL].
    if (bytes[i] !== colon && bytes[i] !== slash) continue
    const level = headerLevel(bytes, i + 1, to, bytes[i] === colon ? surroundings.marked : surroundings.loose)
    if (level > 0) enclosedName = i - from
    return level
  }
  return 0
}

/** Length of the name before the level that `enclosedLevel` found. */
export let enclosedName = 0

/**
 * Whether what stands behind a word sets it off from a sentence: two blanks, a tab, a dash or bracket alone, or a word that
 * names a program or a place in code.
 */
export const isSetOff = (bytes: Uint8Array, at: number, end: number): boolean => {
  const first = bytes[at]
  if (at >= end || first === tab || first === comma || first === bar || first === openBracket) return true
  const next = bytes[at + 1]
  if (next === space || next === tab || next === openBracket || next === less || next === bar) return true
  if (next === dash && bytes[at + 2] === space) return true
  const behind = plainEnd(bytes, at + 1, end)
  if (bytes[behind - 1] === colon && behind - at > 3) return true
  for (let i = at + 1; i < behind - 1; i++) {
    if (bytes[i] === openBracket || (bytes[i] === colon && bytes[i + 1] === colon)) return true
    if (bytes[i] === dot && i > at + 1 && (bytes[i + 1] | 32) >= 97 && (bytes[i + 1] | 32) <= 122) return true
  }
  return false
}

/** Whether a level word in capitals is one of several in a sentence: `0 FATAL 2 ERROR 5 WARN`. */
export const isListed = (bytes: Uint8Array, at: number, end: number): boolean => {
  let position = at
  while (position < end && (bytes[position] === space || bytes[position] === comma)) position++
  if (bytes[position] >= 48 && bytes[position] <= 57) {
    position = plainEnd(bytes, position, end)
    while (position < end && (bytes[position] === space || bytes[position] === comma)) position++
  }
  if (!(bytes[position] >= 65 && bytes[position] <= 90)) return false
  return headerLevel(bytes, position, plainEnd(bytes, position, Math.min(end, position + 16)), surroundings.loose) > 0
}

/** Level in angles, `<Error>`, or behind GitHub's `##[`; 0 for none. */
export const angledLevel = (bytes: Uint8Array, start: number, end: number): number =>
  bytes[start] === less && bytes[end - 1] === greater
    ? headerLevel(bytes, start + 1, end - 1, surroundings.marked)
    : bytes[start] === 35 && bytes[start + 1] === 35 && bytes[start + 2] === openBracket
      ? hashedLevel(bytes, start)
      : 0

const hashedLevel = (bytes: Uint8Array, start: number): number => {
  let closing = start + 3
  while (closing < start + 16 && bytes[closing] !== closeBracket) closing++
  return headerLevel(bytes, start + 3, closing, surroundings.marked)
}

const details = ["DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION"].map((word) =>
  word.split("").map((letter) => letter.charCodeAt(0))
)

/** Whether the word is one that PostgreSQL begins the further lines of a message with. */
export const isDetail = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start < 4 || end - start > 9 || bytes[end] !== colon) return false
  for (const word of details) {
    if (word.length !== end - start) continue
    let same = 0
    while (same < word.length && bytes[start + same] === word[same]) same++
    if (same === word.length) return true
  }
  return false
}
