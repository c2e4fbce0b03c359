// Header levels: the level word in the header of a plain text line, told from ordinary words of its message.
import { severityNumberOf } from "@tailrace/domain/severity"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { ByteTable } from "./byte-table.ts"

// Words that are hardly ever anything but a level.
const strong = [
  ...[
    "trace",
    "trc",
    "verbose",
    "vrb",
    "debug",
    "dbg",
    "info",
    "inf",
    "trce",
    "dbug",
    "information",
    "notice",
    "warn",
    "warning",
    "wrn"
  ],
  ...["error", "err", "severe", "critical", "crit", "fatal", "ftl", "emerg", "emergency", "panic", "finest", "finer"],
  ...["debug1", "debug2", "debug3", "debug4"]
]
// Words that are levels only in brackets or before a colon.
const weak = ["note", "log", "fine", "config", "alert", "eror", "fail", "silly"]
const longest = 11
const space = 32
const colon = 58
const openBracket = 91
const closeBracket = 93

/** What stands around a word that may be a level. */
export const surroundings = {
  /** Among other words: only an upper-case strong word counts. */
  loose: 0,
  /** Right behind the timestamp, a word of a sentence behind it: only words that begin no sentence count. */
  bare: 3,
  /** Right behind the timestamp: a strong word in any case counts. */
  first: 1,
  /** In brackets, or before a colon or a bar: any level word in any case counts. */
  marked: 2
} as const

const lower = new Uint8Array(longest)
const table = new ByteTable(128)
const numbers = new Uint8Array(128)
for (const word of [...strong, ...weak]) {
  const bytes = encodeUtf8(word)
  numbers[table.intern(bytes, 0, bytes.length)] = severityNumberOf(word)
}

// Abbreviations, and words that only loggers write.
const bare = [
  "trc",
  "vrb",
  "dbg",
  "inf",
  "warn",
  "wrn",
  "err",
  "crit",
  "ftl",
  "emerg",
  "debug1",
  "debug2",
  "debug3",
  "debug4"
]
const isBare = [...strong, ...weak].map((word) => bare.includes(word))

/** Severity number of the word `bytes[start, end)` by its surroundings, or 0 when it is no level there. */
export const headerLevel = (bytes: Uint8Array, start: number, end: number, around: number): number => {
  const length = end - start
  if (length < 3 || length > longest) return 0
  let capitals = 0
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]
    if (byte >= 65 && byte <= 90) capitals++
    else if ((byte < 97 || byte > 122) && (i < 5 || byte < 49 || byte > 52)) return 0
    lower[i] = byte | 32
  }
  if (around === surroundings.loose && capitals !== length) return 0
  const id = table.find(lower, 0, length)
  if (around === surroundings.bare) return id >= 0 && isBare[id] ? numbers[id] : 0
  if (id < 0 || (id >= strong.length && around !== surroundings.marked)) return 0
  return numbers[id]
}

/** Severity number of the one-letter levels of Android, glog and klog, or 0. */
export const letterLevel = (byte: number): number => {
  switch (byte) {
    case 86:
      return 1
    case 68:
      return 5
    case 73:
      return 9
    case 87:
      return 13
    case 69:
      return 17
    case 67:
      return 18
    case 70:
    case 65:
      return 21
    default:
      return 0
  }
}

/**
 * The level that is the first word of `bytes[start, end)`, marked by brackets or a colon, or in capitals: its severity
 * number plus 32 times the bytes it takes; 0 when there is none.
 */
export const leadingLevel = (bytes: Uint8Array, start: number, end: number): number => {
  const bracketed = bytes[start] === openBracket
  const from = bracketed ? start + 1 : start
  const limit = Math.min(end, from + longest + 1)
  let stop = from
  while (stop < limit && isWordByte(bytes[stop])) stop++
  if (stop >= end) return 0
  const word = stop
  while (bracketed && stop < end && bytes[stop] === space && stop < limit) stop++
  const marked = bracketed ? bytes[stop] === closeBracket : bytes[stop] === colon
  // logrus glues seconds in brackets to the level.
  const glued = !bracketed && bytes[stop] === openBracket
  if (!marked && !glued && (bracketed || bytes[stop] !== space)) return 0
  const number = headerLevel(bytes, from, word, marked ? surroundings.marked : surroundings.loose)
  return number === 0 ? 0 : number + 32 * ((bracketed ? stop + 1 : stop) - start)
}

const isWordByte = (byte: number): boolean => (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 122)
