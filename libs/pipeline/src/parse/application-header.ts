// Application header: what stands between a line's timestamp and its message (level, process, thread, component).
import { role } from "./field-roles.ts"
import { headerLevel, letterLevel, surroundings } from "./header-level.ts"
import {
  angledLevel,
  closingBracket,
  enclosedLevel,
  enclosedName,
  isDetail,
  isListed,
  isNumber,
  isPlainWord,
  isSetOff,
  plainEnd,
  skipSeparators,
  withoutSeparators
} from "./header-words.ts"
import { isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"

const space = 32
const tab = 9
const comma = 44
const colon = 58
const dash = 45
const bar = 124
const dot = 46
const slash = 47
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

// What stood before the level, as far as it was understood; reused, one line at a time.
const seen = { numbers: 0, brackets: 0, words: 0, plain: 0 }
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

let level = 0
let isMarked = false

/**
 * Looks for a level in the words behind a timestamp. Finds it: sets the draft's severity, numbers before it as process
 * and thread id, a bracketed name as thread, one other word as component (more of them whole, as `header`), and answers
 * the position behind it. Else answers -1 and leaves the draft alone. Words of a sentence end the search, for what stands
 * in a sentence is no level. `letters`: one letter is a level too (Android).
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
  seen.plain = 0
  for (let token = 0; token < mostTokens && at < end; token++) {
    isMarked = true
    const behind =
      bytes[at] === openBracket ? bracketToken(bytes, at, end, draft, keys) : wordToken(bytes, at, end, token, letters)
    if (behind === 0) return -1
    if (level > 0) {
      if (!isMarked && isListed(bytes, behind, end)) return -1
      draft.severityNumber = level
      if (at > start || seen.words > 0) addContext(draft, keys, start, at, bytes)
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
  if (levelAt > start) draft.addAttribute(keys.header, start, withoutSeparators(bytes, start, levelAt) - start)
}

/** Reads the bracketed token at `at`; sets `level`, answers the position behind it, 0 when the bracket stays open. */
const bracketToken = (bytes: Uint8Array, at: number, end: number, draft: RecordDraft, keys: HeaderKeys): number => {
  const closing = closingBracket(bytes, at, end)
  if (closing < 0) return 0
  level = enclosedLevel(bytes, at + 1, closing)
  if (level > 0 && enclosedName > 0) draft.addAttribute(keys.component, at + 1, enclosedName)
  if (level === 0 && seen.brackets++ === 0) note(firstBracket, at + 1, closing)
  return closing + 1
}

/** Reads the plain word at `at`; sets `level`, answers the position behind it, 0 when the message has begun. */
const wordToken = (bytes: Uint8Array, at: number, end: number, token: number, letters: boolean): number => {
  const behind = plainEnd(bytes, at, end)
  let wordEnd = behind
  while (wordEnd > at && (bytes[wordEnd - 1] === colon || bytes[wordEnd - 1] === comma)) wordEnd--
  isMarked = wordEnd < behind || bytes[behind] === bar || bytes[behind] === tab
  level = wordLevel(bytes, at, wordEnd, behind, end, token)
  if (level > 0) return bytes[at] === 35 ? closingBracket(bytes, at + 2, end) + 1 : behind
  if (wordEnd === at + 1 && (letters || (token === 0 && isComponentName(bytes, behind + 1))))
    level = letterLevel(bytes[at])
  if (level > 0) {
    isMarked = true
    return behind
  }
  const glued = gluedLevel(bytes, at, wordEnd)
  if (glued > 0) return glued
  if (wordEnd < behind && bytes[wordEnd] === colon) {
    level = levelBeforeColon(bytes, at, wordEnd)
    if (level === 0 && isDetail(bytes, at, wordEnd)) {
      level = 9
      return at
    }
    if (level === 0) return 0
    if (seen.words++ === 0) note(firstWord, at, lastMark(bytes, at, wordEnd))
    return behind
  }
  if (isNumber(bytes, at, wordEnd)) {
    if (seen.numbers < 2) note(seen.numbers === 0 ? firstNumber : secondNumber, at, wordEnd)
    seen.numbers++
    return behind
  }
  if (isPlainWord(bytes, at, wordEnd) && ++seen.plain > 1) return 0
  if (seen.words++ === 0) note(firstWord, at, wordEnd)
  return behind
}

/** Whether three capitals stand at `at`, as MongoDB names a component behind its letter. */
const isComponentName = (bytes: Uint8Array, at: number): boolean =>
  isCapital(bytes[at]) && isCapital(bytes[at + 1]) && isCapital(bytes[at + 2])
const isCapital = (byte: number): boolean => byte >= 65 && byte <= 90

const wordLevel = (
  bytes: Uint8Array,
  at: number,
  wordEnd: number,
  behind: number,
  end: number,
  token: number
): number => {
  const first = bytes[at]
  if (first === 60 || first === 35) {
    const angled = angledLevel(bytes, at, wordEnd)
    if (angled > 0) isMarked = true
    return angled
  }
  if (isMarked) return headerLevel(bytes, at, wordEnd, surroundings.marked)
  const loose = headerLevel(bytes, at, wordEnd, surroundings.loose)
  if (loose > 0 || token > 0) return loose
  const small = headerLevel(bytes, at, wordEnd, surroundings.first)
  if (small === 0 || isSetOff(bytes, behind, end)) return small
  return headerLevel(bytes, at, wordEnd, surroundings.bare)
}

// `[22968]lotuscreds:ERROR:` and `app.ERROR:` are levels as the last part of a word that a colon ends.
const levelBeforeColon = (bytes: Uint8Array, start: number, end: number): number => {
  const mark = lastMark(bytes, start, end)
  if (mark <= start) return 0
  return headerLevel(bytes, mark + 1, end, bytes[mark] === dot ? surroundings.loose : surroundings.marked)
}

const lastMark = (bytes: Uint8Array, start: number, end: number): number => {
  let position = end - 1
  while (position > start && bytes[position] !== colon && bytes[position] !== dot) position--
  return position
}

/** Position behind a level glued to what follows (`DEBUG:Hello,`, `ERROR/Main`, `ERROR[0042]`), which is set; 0 for none. */
const gluedLevel = (bytes: Uint8Array, start: number, end: number): number => {
  const limit = Math.min(end, start + 12)
  for (let i = start + 3; i < limit; i++) {
    const byte = bytes[i]
    if (byte !== colon && byte !== slash && byte !== openBracket) continue
    level = headerLevel(bytes, start, i, byte === colon ? surroundings.marked : surroundings.loose)
    isMarked = true
    return level > 0 ? (byte === colon ? i + 1 : i) : 0
  }
  return 0
}

/**
 * Reads what may stand between the level and the message: `[thread] component:`, `[component]`, `component -`,
 * `1234 --- [thread] component :`, `/thread`; sets the body. `tags`: any word before a colon is a component (Android), not
 * only a dotted or dollared one.
 */
export const readComponent = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  keys: HeaderKeys,
  tags: boolean
): void => {
  let at = start
  if (bytes[at] === slash && at < end) {
    const behind = plainEnd(bytes, at, end)
    addOnce(draft, keys.thread, at + 1, bytes[behind - 1] === closeBracket ? behind - 1 : behind)
    at = behind
  }
  at = skipSeparators(bytes, at, end)
  const number = isDigit(bytes[at]) ? plainEnd(bytes, at, end) : at
  if (isNumber(bytes, at, number) && isRule(bytes, number + 1)) {
    draft.addAttribute(keys.processId, at, number - at)
    at = skipSeparators(bytes, number + 4, end)
  } else if (bytes[at] === dash && bytes[at + 1] === dash && bytes[at + 2] === space) {
    // Ruby: `ERROR -- program: message`.
    at = skipSeparators(bytes, at + 2, end)
  }
  if (at < end && bytes[at] === openBracket) {
    const closing = closingBracket(bytes, at, end)
    if (closing > 0 && !holdsSpace(bytes, at, closing)) {
      const behind = closing + 1
      const next = Math.min(behind + 1, end)
      const afterComponent = bytes[behind] === space ? componentEnd(bytes, next, end, tags) : -1
      addOnce(draft, afterComponent >= 0 ? keys.thread : keys.component, at + 1, closing)
      at = afterComponent >= 0 ? next : skipSeparators(bytes, behind, end)
      if (afterComponent < 0) {
        draft.setRole(role.body, at, end - at)
        return
      }
    }
  }
  const stop = componentEnd(bytes, at, end, tags)
  if (stop >= 0) {
    addOnce(draft, keys.component, at, stop)
    at = skipSeparators(bytes, stop, end)
  }
  draft.setRole(role.body, at, end - at)
}

/** Adds an attribute; one that is there already keeps its text, and the whole line is kept beside it. */
export const addOnce = (draft: RecordDraft, key: number, start: number, end: number): void => {
  if (draft.hasAttribute(key)) draft.keepOriginal = true
  else draft.addAttribute(key, start, end - start)
}

const isRule = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === dash && bytes[at + 1] === dash && bytes[at + 2] === dash

const holdsSpace = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) if (bytes[i] === space) return true
  return false
}

/** Where the component that begins at `at` ends, or -1 when the word there is the message's. */
const componentEnd = (bytes: Uint8Array, at: number, end: number, tags: boolean): number => {
  const limit = Math.min(end, at + longestComponent)
  let position = at
  let named = tags
  while (position < limit) {
    const byte = bytes[position]
    if (byte <= space) break
    if (byte === dot || byte === 36 || (byte === colon && bytes[position + 1] === colon)) named = true
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
