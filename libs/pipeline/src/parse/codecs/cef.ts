// The cef codec: events of security devices in ArcSight's Common Event Format and QRadar's LEEF.
import { Effect, Schema } from "effect"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import type { KeyTable } from "../key-table.ts"
import type { RecordDraft } from "../record-draft.ts"
import { scratchText } from "../text-fields.ts"

const CefConfig = Schema.Struct({})

export const cef = defineCodec({
  name: "cef",
  summary: "Reads events in the Common Event Format and in LEEF, alone or behind a syslog header.",
  config: CefConfig,
  examples: [{ title: "Firewalls and scanners", config: {} }],
  make: () => Effect.succeed(bindCef)
})

const bar = 124
const equals = 61
const space = 32
const tab = 9
const backslash = 92
const caret = 94

/** Header fields of both formats in order; LEEF has no class, name and severity but an event id. */
const cefFields = [
  "cef.version",
  "cef.vendor",
  "cef.product",
  "cef.device_version",
  "cef.class",
  "cef.name",
  "cef.severity"
]
const leefFields = ["leef.version", "leef.vendor", "leef.product", "leef.device_version", "leef.event_id"]

/** The body is the whole event; fields of its header and pairs of its extension become attributes. */
export const bindCef: BindCodec = (context) => {
  const ids = {
    cef: cefFields.map((key) => context.keys.fix(key)),
    leef: leefFields.map((key) => context.keys.fix(key))
  }
  return {
    name: "cef",
    decode: (bytes, start, end, draft) => {
      const isCef = startsWith(bytes, start, end, cefMark)
      if (!isCef && !startsWith(bytes, start, end, leefMark)) return false
      return readEvent(bytes, start, end, draft, isCef ? ids.cef : ids.leef, isCef, context)
    }
  }
}

const cefMark = "CEF:".split("").map((letter) => letter.charCodeAt(0))
const leefMark = "LEEF:".split("").map((letter) => letter.charCodeAt(0))

const startsWith = (bytes: Uint8Array, at: number, end: number, mark: ReadonlyArray<number>): boolean => {
  if (end - at < mark.length) return false
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}

const readEvent = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  fields: ReadonlyArray<number>,
  isCef: boolean,
  { keys }: CodecContext
): boolean => {
  let at = start + (isCef ? cefMark.length : leefMark.length)
  for (let field = 0; field < fields.length; field++) {
    const behind = fieldEnd(bytes, at, end)
    if (behind >= end && field < fields.length - 1) return false
    const from = unescaped(bytes, at, behind, draft)
    draft.addAttribute(fields[field], from, from < 0 ? draft.scratchUsed + 1 + from : behind - at)
    if (isCef && field === fields.length - 1) draft.severityNumber = severityOf(bytes, at, behind)
    at = Math.min(behind + 1, end)
  }
  // LEEF 2.0 may name what stands between its pairs.
  let between = isCef ? space : tab
  if (!isCef && bytes[at] === caret && bytes[at + 1] === bar) {
    between = caret
    at += 2
  }
  readExtension(bytes, at, end, draft, keys, between)
  draft.demote(role.body)
  draft.setRole(role.body, start, end - start)
  return true
}

const fieldEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== bar) position += bytes[position] === backslash ? 2 : 1
  return Math.min(position, end)
}

/** Severity of 0 to 10, as ArcSight groups them, or of the words Low, Medium, High and Very-High; 0 for none. */
const severityOf = (bytes: Uint8Array, start: number, end: number): number => {
  if (isDigit(bytes[start])) {
    const value = end - start > 1 ? 10 : bytes[start] - 48
    return value >= 9 ? 18 : value >= 7 ? 17 : value >= 4 ? 13 : 9
  }
  const letter = bytes[start] | 32
  return letter === 104 ? 17 : letter === 118 ? 18 : letter === 109 ? 13 : letter === 108 ? 9 : 0
}

/** Reads `key=value key=value`, where values hold blanks and end before the next key. */
const readExtension = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  keys: KeyTable,
  between: number
): void => {
  let at = start
  while (at < end) {
    while (at < end && (bytes[at] === space || bytes[at] === between)) at++
    let mark = at
    while (mark < end && isKeyByte(bytes[mark])) mark++
    if (mark >= end || bytes[mark] !== equals || mark === at) return
    const valueStart = mark + 1
    const valueEnd = nextKey(bytes, valueStart, end, between)
    const from = unescaped(bytes, valueStart, valueEnd, draft)
    const length = from < 0 ? draft.scratchUsed + 1 + from : valueEnd - valueStart
    draft.addField(draft.overflow ? -1 : keys.intern(bytes, at, mark), from, length)
    at = valueEnd
  }
}

const isKeyByte = (byte: number): boolean =>
  isDigit(byte) ||
  ((byte | 32) >= 97 && (byte | 32) <= 122) ||
  byte === 95 ||
  byte === 46 ||
  byte === 45 ||
  byte === 91 ||
  byte === 93

/** Where a value ends: before the separator that stands in front of the next key. */
const nextKey = (bytes: Uint8Array, at: number, end: number, between: number): number => {
  let position = at
  while (position < end) {
    if (bytes[position] === backslash) position++
    else if (bytes[position] === between) {
      if (between !== space) return position
      let key = position + 1
      while (key < end && isKeyByte(bytes[key])) key++
      if (bytes[key] === equals && key > position + 1 && key < end) return position
    }
    position++
  }
  return end
}

/** Where the text of `bytes[start, end)` lies without its escapes: as it stands when it has none, else in scratch. */
const unescaped = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number => {
  let at = start
  while (at < end && bytes[at] !== backslash) at++
  if (at >= end) return start
  const text = new Uint8Array(end - start)
  let length = 0
  for (at = start; at < end; at++) {
    const meant = bytes[at] === backslash && at + 1 < end ? escaped(bytes[at + 1]) : -1
    if (meant >= 0) at++
    text[length++] = meant >= 0 ? meant : bytes[at]
  }
  return scratchText(draft, text.subarray(0, length))
}

const escaped = (byte: number): number => {
  if (byte === bar || byte === equals || byte === backslash) return byte
  return byte === 110 ? 10 : byte === 114 ? 13 : -1
}
