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

/** Reads `tag[pid]: message`; a message without a tag is all body. */
export const readTag = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft, processId: number): void => {
  let at = start
  while (at < end && bytes[at] > space && bytes[at] !== colon && bytes[at] !== openBracket) at++
  if (at > start) draft.setRole(role.service, start, at - start)
  if (at > start && at < end && bytes[at] === openBracket) {
    let closing = at + 1
    while (closing < end && bytes[closing] > space && bytes[closing] !== closeBracket) closing++
    if (closing < end && bytes[closing] === closeBracket) {
      draft.addAttribute(processId, at + 1, closing - at - 1)
      at = closing + 1
    }
  }
  if (at < end && bytes[at] === colon && at > start) at++
  if (at < end && bytes[at] === space) at++
  draft.setRole(role.body, at, end - at)
}

/** Reads `<PRI>` at `at`: answers the value (0..191) times 8 plus the bytes it takes, or -1. */
export const readPriority = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== 60) return -1
  let position = at + 1
  let value = 0
  while (position < end && position < at + 4 && isDigit(bytes[position])) value = value * 10 + bytes[position++] - 48
  if (position === at + 1 || position >= end || bytes[position] !== 62 || value > 191) return -1
  return value * 8 + (position + 1 - at)
}
