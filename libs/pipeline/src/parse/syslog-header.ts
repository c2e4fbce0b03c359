// Syslog header: host, tag and process id as RFC 3164 lines have them, with and without priority.
import { role } from "./field-roles.ts"
import { isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"

const space = 32
const colon = 58
const openBracket = 91
const closeBracket = 93

const forwarded = "Message forwarded from ".split("").map((character) => character.charCodeAt(0))

const startsWith = (bytes: Uint8Array, at: number, end: number, text: ReadonlyArray<number>): boolean => {
  if (at + text.length > end) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

/** The position of the first space at or behind `at`, or `end`. */
export const wordEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== space) position++
  return position
}

/**
 * Reads `host tag[pid]: message` behind a timestamp: host, service (the tag), process id and body. A first word that is
 * itself a tag (`haproxy[73411]:`, `%PIX-6-302014:`) means that the sender left out its host.
 */
export const readHostAndTag = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  processId: number
): void => {
  let at = start
  if (startsWith(bytes, at, end, forwarded)) {
    at += forwarded.length
    draft.keepOriginal = true
    const behind = wordEnd(bytes, at, end)
    draft.setRole(role.host, at, (bytes[behind - 1] === colon ? behind - 1 : behind) - at)
    at = behind + 1
  } else if (!isTag(bytes, at, end)) {
    const behind = wordEnd(bytes, at, end)
    draft.setRole(role.host, at, behind - at)
    at = Math.min(behind + 1, end)
  }
  readTag(bytes, at, end, draft, processId)
}

/** Whether the word at `at` is a tag: it ends with a colon, or has a process id in brackets. An IPv6 address is none. */
const isTag = (bytes: Uint8Array, at: number, end: number): boolean => {
  const behind = wordEnd(bytes, at, end)
  if (behind === at) return false
  if (bytes[at] === 37) return true
  if (bytes[behind - 1] === colon) return bytes[behind - 2] !== colon
  return bytes[behind - 1] === closeBracket && bytes[at] !== openBracket
}

/**
 * Whether `host tag[pid]:` stands at `at`, as rsyslog and journalctl write it behind a time in ISO 8601. Without a process
 * id only rsyslog's own form of the time, `timeLength` bytes with microseconds and an offset, tells it from a sentence.
 */
export const isHostAndTag = (bytes: Uint8Array, at: number, end: number, timeLength: number): boolean => {
  const hostEnd = wordEnd(bytes, at, end)
  if (hostEnd === at || hostEnd >= end || bytes[hostEnd - 1] === colon) return false
  for (let i = at; i < hostEnd; i++) if (bytes[i] === openBracket || bytes[i] === 61 || bytes[i] === 34) return false
  const tagEnd = wordEnd(bytes, hostEnd + 1, end)
  if (tagEnd - hostEnd < 3 || bytes[tagEnd - 1] !== colon) return false
  return bytes[tagEnd - 2] === closeBracket ? bytes[hostEnd + 1] !== openBracket : timeLength === 32
}

// What each byte is to a tag: part of it, its end, or a mark that depends on the parentheses around it.
const endsTag = 1
const depends = 2
const tagBytes = new Uint8Array(256).fill(endsTag, 0, space + 1)
for (const byte of [openBracket, 44, 61]) tagBytes[byte] = endsTag
for (const byte of [40, 41, colon]) tagBytes[byte] = depends

/**
 * Reads `tag[pid]: message`; a message without a tag is all body. A tag ends with a colon or a process id; colons inside
 * its parentheses belong to it, and neither commas nor pairs do.
 */
export const readTag = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft, processId: number): void => {
  let at = start
  let depth = 0
  while (at < end) {
    const byte = bytes[at]
    const kind = tagBytes[byte]
    if (kind !== 0) {
      if (kind === endsTag || (byte === colon && depth <= 0)) break
      if (byte !== colon) depth += byte === 40 ? 1 : -1
    }
    at++
  }
  const mark = at < end ? bytes[at] : 0
  if (at === start || (mark !== colon && mark !== openBracket && !isBareTag(bytes, start, at, end))) {
    if (bytes[start] === space) draft.setRole(role.body, start + 1, end - start - 1)
    else draft.setRole(role.body, start, end - start)
    return
  }
  draft.setRole(role.service, start, at - start)
  if (mark === openBracket) {
    let closing = at + 1
    while (closing < end && bytes[closing] > space && bytes[closing] !== closeBracket) closing++
    if (closing < end && bytes[closing] === closeBracket) {
      draft.addAttribute(processId, at + 1, closing - at - 1)
      at = closing + 1
    }
  }
  if (at < end && bytes[at] === colon) at++
  if (at < end && bytes[at] === space) at++
  // The byte order mark announces UTF-8 and is no part of the text.
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf && at + 3 <= end) at += 3
  draft.setRole(role.body, at, end - at)
}

/** A name without any mark behind it is a tag too, as rsyslog reads it, unless it begins a sentence with a capital letter. */
const isBareTag = (bytes: Uint8Array, start: number, at: number, end: number): boolean => {
  if (at < end && bytes[at] !== space) return false
  const first = bytes[start]
  const letter = first | 32
  const isName = (letter >= 97 && letter <= 122) || first >= 128
  return isName && !(first >= 65 && first <= 90 && bytes[start + 1] >= 97 && bytes[start + 1] <= 122)
}

/** Reads `<PRI>` at `at`: answers the value (0..999; the RFCs end at 191) times 8 plus the bytes it takes, or -1. */
export const readPriority = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== 60) return -1
  let position = at + 1
  let value = 0
  while (position < end && position < at + 4 && isDigit(bytes[position])) value = value * 10 + bytes[position++] - 48
  if (position === at + 1 || position >= end || bytes[position] !== 62) return -1
  return value * 8 + (position + 1 - at)
}
