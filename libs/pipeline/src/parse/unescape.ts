// Unescape: the escapes of quoted strings (RFC 8259, as logfmt has them too) to bytes.
import type { RecordDraft } from "./record-draft.ts"

const backslash = 92

const hexValue = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** The code unit of four hexadecimal digits at `at`, or -1. */
const codeUnit = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 4 > end) return -1
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const digit = hexValue(bytes[i])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

const simpleEscape = (byte: number): number => {
  switch (byte) {
    case 34:
    case 92:
    case 47:
      return byte
    case 98:
      return 8
    case 102:
      return 12
    case 110:
      return 10
    case 114:
      return 13
    case 116:
      return 9
    default:
      return -1
  }
}

/** Writes a code point as UTF-8; a lone surrogate as U+FFFD, because UTF-8 has no other way. Answers the position behind it. */
const writeCodePoint = (target: Uint8Array, at: number, value: number): number => {
  const code = value >= 0xd800 && value <= 0xdfff ? 0xfffd : value
  if (code < 0x80) {
    target[at] = code
    return at + 1
  }
  if (code < 0x800) {
    target[at] = 0xc0 | (code >> 6)
    target[at + 1] = 0x80 | (code & 63)
    return at + 2
  }
  if (code < 0x10000) {
    target[at] = 0xe0 | (code >> 12)
    target[at + 1] = 0x80 | ((code >> 6) & 63)
    target[at + 2] = 0x80 | (code & 63)
    return at + 3
  }
  target[at] = 0xf0 | (code >> 18)
  target[at + 1] = 0x80 | ((code >> 12) & 63)
  target[at + 2] = 0x80 | ((code >> 6) & 63)
  target[at + 3] = 0x80 | (code & 63)
  return at + 4
}

/**
 * Writes `bytes[start, end)` unescaped behind the draft's scratch and moves `scratchUsed` behind it; answers where it
 * begins, or -1 when an escape is wrong. When not `strict`, a wrong escape stands for its own characters.
 */
export const unescapeToScratch = (
  draft: RecordDraft,
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean
): number => {
  const begin = draft.reserveScratch(end - start)
  const target = draft.scratch
  let at = begin
  let position = start
  while (position < end) {
    const byte = bytes[position]
    if (byte !== backslash) {
      target[at++] = byte
      position++
      continue
    }
    const kind = position + 1 < end ? bytes[position + 1] : -1
    const simple = simpleEscape(kind)
    if (simple >= 0) {
      target[at++] = simple
      position += 2
      continue
    }
    let unit = kind === 117 ? codeUnit(bytes, position + 2, end) : -1
    if (unit < 0) {
      if (strict) return -1
      target[at++] = byte
      position++
      continue
    }
    position += 6
    if (unit >= 0xd800 && unit < 0xdc00 && bytes[position] === backslash && bytes[position + 1] === 117) {
      const low = codeUnit(bytes, position + 2, end)
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
        position += 6
      }
    }
    at = writeCodePoint(target, at, unit)
  }
  draft.scratchUsed = at
  return begin
}
