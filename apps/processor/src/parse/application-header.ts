// Application header: what stands between a line's timestamp and its message (level, process, thread, component).
import { role } from "./field-roles.ts"
import { headerLevel, letterLevel, surroundings } from "./header-level.ts"
import { isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"

const space = 32
const colon = 58
const dash = 45
const bar = 124
const dot = 46
const openBracket = 91
const closeBracket = 93
const mostTokens = 8
const longestComponent = 160

/** The keys the application codec gives its attributes. */
export interface HeaderKeys {
  readonly processId: number
  readonly threadId: number
  readonly thread: number
  readonly component: number
  /** Words before the level that are none of the above. */
  readonly header: number
}

const isSeparator = (byte: number): boolean =>
  byte === space || byte === 9 || byte === 44 || byte === bar || byte === colon

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

/** The bracket that closes the one at `at`, nested ones of its kind counted; -1 when none does. */
const closingBracket = (bytes: Uint8Array, at: number, end: number): number => {
  let depth = 0
  const limit = Math.min(end, at + 512)
  for (let position = at; position < limit; position++) {
    if (bytes[position] === openBracket) depth++
    else if (bytes[position] === closeBracket && --depth === 0) return position
  }
  return -1
}

const plainEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== space && bytes[position] !== 9 && bytes[position] !== bar) position++
  return position
}

const isNumber = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (!isDigit(bytes[i])) return false
  return end > start && end - start <= 10
}

// What stood before the level, as far as it was understood; reused, one line at a time.
const seen = { numbers: 0, brackets: 0, words: 0 }
const starts = new Int32Array(4)
const ends = new Int32Array(4)
const firstNumber = 0
const secondNumber = 1
const firstBracket = 2
const firstWord = 3

const note = (which: number, start: number, end: number): void => {
  starts[which] = start
  ends[which] = end
}

/**
 * Looks for a level in the words behind a timestamp. Finds it: sets the draft's severity, numbers before it as process
 * and thread id, a bracketed name as thread, one other word as component (more of them whole, as `header`), and answers
 * the position behind it. Else answers -1 and leaves the draft alone. `letters`: one letter is a level too (Android).
 */
export const findLevel = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  keys: HeaderKeys,
  letters: boolean
): number => {
  let at = start
  seen.numbers = 0
  seen.brackets = 0
  seen.words = 0
  for (let token = 0; token < mostTokens && at < end; token++) {
    const behind =
      bytes[at] === openBracket ? bracketToken(bytes, at, end, draft, keys) : wordToken(bytes, at, end, token, letters)
    if (behind === 0) return -1
    if (level > 0) {
      draft.severityNumber = level
      if (at > start) addContext(draft, keys, start, at, bytes)
      return behind
    }
    at = skipSeparators(bytes, behind, end)
  }
  return -1
}

const addContext = (draft: RecordDraft, keys: HeaderKeys, start: number, levelAt: number, bytes: Uint8Array): void => {
  if (seen.numbers > 0) draft.addAttribute(keys.processId, starts[firstNumber], ends[firstNumber] - starts[firstNumber])
  if (seen.numbers > 1)
    draft.addAttribute(keys.threadId, starts[secondNumber], ends[secondNumber] - starts[secondNumber])
  if (seen.brackets > 0)
    draft.addAttribute(keys.thread, starts[firstBracket], ends[firstBracket] - starts[firstBracket])
  if (seen.words === 0 && seen.numbers <= 2 && seen.brackets <= 1) return
  if (seen.words === 1 && seen.numbers <= 2 && seen.brackets <= 1) {
    draft.addAttribute(keys.component, starts[firstWord], ends[firstWord] - starts[firstWord])
    return
  }
  let stop = levelAt
  while (stop > start && isSeparator(bytes[stop - 1])) stop--
  draft.addAttribute(keys.header, start, stop - start)
}

let level = 0

/** Reads the bracketed token at `at`; sets `level`, answers the position behind it, 0 when the bracket stays open. */
const bracketToken = (bytes: Uint8Array, at: number, end: number, draft: RecordDraft, keys: HeaderKeys): number => {
  const closing = closingBracket(bytes, at, end)
  if (closing < 0) return 0
  let wordStart = at + 1
  // Apache 2.4 writes [module:level].
  for (let i = closing - 1; i > at; i--) {
    if (bytes[i] === colon) {
      wordStart = i + 1
      break
    }
  }
  level = headerLevel(bytes, wordStart, closing, surroundings.marked)
  if (level > 0 && wordStart > at + 1) draft.addAttribute(keys.component, at + 1, wordStart - at - 2)
  if (level === 0 && seen.brackets++ === 0) note(firstBracket, at + 1, closing)
  return closing + 1
}

/** Reads the plain word at `at`; sets `level`, answers the position behind it, 0 when the message has begun. */
const wordToken = (bytes: Uint8Array, at: number, end: number, token: number, letters: boolean): number => {
  const behind = plainEnd(bytes, at, end)
  let wordEnd = behind
  while (wordEnd > at && (bytes[wordEnd - 1] === colon || bytes[wordEnd - 1] === 44)) wordEnd--
  const marked = wordEnd < behind || bytes[behind] === bar || bytes[behind] === 9
  const around = marked ? surroundings.marked : token === 0 ? surroundings.first : surroundings.loose
  level = headerLevel(bytes, at, wordEnd, around)
  if (level === 0 && letters && wordEnd === at + 1) level = letterLevel(bytes[at])
  if (level > 0) return behind
  const glued = levelGluedToColon(bytes, at, wordEnd)
  if (glued > 0) {
    level = headerLevel(bytes, at, glued, surroundings.marked)
    return glued + 1
  }
  if (wordEnd < behind && bytes[wordEnd] === colon) {
    level = levelBeforeColon(bytes, at, wordEnd)
    if (level === 0) return 0
    if (seen.words++ === 0) note(firstWord, at, wordEnd)
    return behind
  }
  if (isNumber(bytes, at, wordEnd)) {
    if (seen.numbers < 2) note(seen.numbers === 0 ? firstNumber : secondNumber, at, wordEnd)
    seen.numbers++
  } else if (seen.words++ === 0) note(firstWord, at, wordEnd)
  return behind
}

// `[22968]lotuscreds:ERROR:` is a level as the last part of a word that a colon ends.
const levelBeforeColon = (bytes: Uint8Array, start: number, end: number): number => {
  for (let i = end - 1; i > start; i--)
    if (bytes[i] === colon) return headerLevel(bytes, i + 1, end, surroundings.marked)
  return 0
}

/** Where the colon stands that ends a level glued to what follows (`DEBUG:Hello,`), or -1. */
const levelGluedToColon = (bytes: Uint8Array, start: number, end: number): number => {
  const limit = Math.min(end, start + 12)
  for (let i = start + 3; i < limit; i++) {
    if (bytes[i] === colon) return headerLevel(bytes, start, i, surroundings.marked) > 0 ? i : -1
  }
  return -1
}

/**
 * Reads what may stand between the level and the message: `[thread] component:`, `[component]`, `component -`,
 * `1234 --- [thread] component :`; sets the body. `tags`: any word before a colon is a component (Android), not only a
 * dotted or dollared one.
 */
export const readComponent = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  keys: HeaderKeys,
  tags: boolean
): void => {
  let at = skipSeparators(bytes, start, end)
  const number = plainEnd(bytes, at, end)
  if (
    isNumber(bytes, at, number) &&
    bytes[number + 1] === dash &&
    bytes[number + 2] === dash &&
    bytes[number + 3] === dash
  ) {
    draft.addAttribute(keys.processId, at, number - at)
    at = skipSeparators(bytes, number + 4, end)
  }
  if (at < end && bytes[at] === openBracket) {
    const closing = closingBracket(bytes, at, end)
    if (closing > 0 && !holdsSpace(bytes, at, closing)) {
      const behind = closing + 1
      const next = Math.min(behind + 1, end)
      const afterComponent = bytes[behind] === space ? componentEnd(bytes, next, end, tags) : -1
      const name = afterComponent >= 0 ? keys.thread : keys.component
      if (!draft.hasAttribute(name)) draft.addAttribute(name, at + 1, closing - at - 1)
      at = afterComponent >= 0 ? next : skipSeparators(bytes, behind, end)
      if (afterComponent < 0) {
        draft.setRole(role.body, at, end - at)
        return
      }
    }
  }
  const stop = componentEnd(bytes, at, end, tags)
  if (stop >= 0) {
    draft.addAttribute(keys.component, at, stop - at)
    at = skipSeparators(bytes, stop, end)
  }
  draft.setRole(role.body, at, end - at)
}

const holdsSpace = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (bytes[i] === space) return true
  return false
}

/** Where the component that begins at `at` ends, or -1 when the word there is the message's. */
const componentEnd = (bytes: Uint8Array, at: number, end: number, tags: boolean): number => {
  const limit = Math.min(end, at + longestComponent)
  let position = at
  let named = tags
  while (position < limit && bytes[position] > space) {
    if (bytes[position] === dot || bytes[position] === 36) named = true
    position++
  }
  if (position === at || position >= limit) return -1
  if (bytes[position - 1] === colon) return named && position - 1 > at ? position - 1 : -1
  if (bytes[position] !== space) return -1
  let next = position
  while (next < limit && bytes[next] === space) next++
  if ((bytes[next] === dash || bytes[next] === colon) && bytes[next + 1] === space) return position
  return named && !tags && bytes[next] === openBracket ? position : -1
}
