// Structured data of RFC 5424: `[id name="value" ...][id ...]`, read into attributes.
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

const space = 32
const quote = 34
const equals = 61
const backslash = 92
const openBracket = 91
const closeBracket = 93
// SD-NAME of RFC 5424: longer ones are read, but stray from it.
const longestName = 32

let path = new Uint8Array(256)

/** Writes `[idStart, idEnd)`, a dot and `[start, end)` to the path; answers its length. */
const compose = (bytes: Uint8Array, idStart: number, idEnd: number, start: number, end: number): number => {
  const length = idEnd - idStart + 1 + end - start
  if (length > path.length) path = new Uint8Array(length * 2)
  let at = 0
  for (let i = idStart; i < idEnd; i++) path[at++] = bytes[i]
  path[at++] = 46
  for (let i = start; i < end; i++) path[at++] = bytes[i]
  return at
}

const nameEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end) {
    const byte = bytes[position]
    if (byte <= space || byte === equals || byte === quote || byte === closeBracket) return position
    position++
  }
  return position
}

/**
 * Reads elements at `at` into the draft as attributes `id.name` (an element without parameters as `id`, empty), values
 * unescaped; answers the position behind the last bracket, or -1 when they break the grammar. What some senders write
 * against the RFC (spaces behind `=`, a bare `]` or backslash, long names) is read, and the message's text kept.
 */
export const structuredDataEnd = (
  bytes: Uint8Array,
  at: number,
  end: number,
  draft: RecordDraft,
  keys: KeyTable
): number => {
  let position = at
  while (position < end && bytes[position] === openBracket) {
    const id = position + 1
    const idEnd = nameEnd(bytes, id, end)
    if (idEnd === id) return -1
    if (idEnd - id > longestName) draft.keepOriginal = true
    position = idEnd
    let parameters = 0
    for (;;) {
      while (position < end && bytes[position] === space) position++
      if (position >= end) return -1
      if (bytes[position] === closeBracket) break
      position = parameterEnd(bytes, position, end, id, idEnd, draft, keys)
      if (position < 0) return -1
      parameters++
    }
    if (parameters === 0) draft.addAttribute(draft.overflow ? -1 : keys.intern(bytes, id, idEnd), id, 0)
    position++
  }
  return position
}

const parameterEnd = (
  bytes: Uint8Array,
  at: number,
  end: number,
  id: number,
  idEnd: number,
  draft: RecordDraft,
  keys: KeyTable
): number => {
  const stop = nameEnd(bytes, at, end)
  if (stop === at || bytes[stop] !== equals) return -1
  let position = stop + 1
  if (bytes[position] === space || stop - at > longestName) draft.keepOriginal = true
  while (position < end && bytes[position] === space) position++
  if (position >= end || bytes[position] !== quote) return -1
  const valueStart = ++position
  let escapes = 0
  while (position < end && bytes[position] !== quote) {
    const byte = bytes[position]
    if (byte === backslash && isEscaped(bytes[position + 1])) {
      escapes++
      position++
    } else if (byte === backslash || byte === closeBracket) draft.keepOriginal = true
    position++
  }
  if (position >= end) return -1
  const key = draft.overflow ? -1 : keys.intern(path, 0, compose(bytes, id, idEnd, at, stop))
  if (escapes === 0) draft.addAttribute(key, valueStart, position - valueStart)
  else draft.addAttribute(key, copyUnescaped(bytes, valueStart, position, draft), position - valueStart - escapes)
  return position + 1
}

// RFC 5424 section 6.3.3: a backslash before anything else is an ordinary character.
const isEscaped = (byte: number): boolean => byte === quote || byte === backslash || byte === closeBracket

const copyUnescaped = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number => {
  const begin = draft.reserveScratch(end - start)
  let at = begin
  for (let i = start; i < end; i++) {
    if (bytes[i] === backslash && isEscaped(bytes[i + 1])) i++
    draft.scratch[at++] = bytes[i]
  }
  draft.scratchUsed = at
  return -1 - begin
}
