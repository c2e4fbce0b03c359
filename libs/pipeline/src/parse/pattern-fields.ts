// PatternFields: writes what a pattern found in a message to a draft, for the codecs that are made of patterns.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { typedText } from "../grok/grok.ts"
import type { PatternSearch } from "../grok/pattern-search.ts"
import { role } from "./field-roles.ts"
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

/** Longest message that patterns are searched in, in bytes; a longer one stays whole. */
const longestMessage = 1_048_576

interface FieldOfPattern {
  readonly key: number
  readonly type: "text" | "int" | "float"
  /** Pairs of slots: more than one when the pattern fills the field at several places. */
  readonly slots: ReadonlyArray<number>
}

/** A name as grok writes it, `[http][request][method]`, with dots. */
const dottedName = (name: string): string =>
  name.startsWith("[") ? name.slice(1).replaceAll("][", ".").replace(/\]$/, "") : name

/** Reads messages by the first of several patterns that is found in them. */
export class PatternFields {
  private readonly searches: ReadonlyArray<PatternSearch>
  private readonly fields: ReadonlyArray<ReadonlyArray<FieldOfPattern>>

  constructor(searches: ReadonlyArray<PatternSearch>, keys: KeyTable) {
    this.searches = searches
    this.fields = searches.map((search) => {
      const byName = new Map<string, { key: number; type: FieldOfPattern["type"]; slots: Array<number> }>()
      search.program.fields.forEach(({ name, type }, index) => {
        const dotted = dottedName(name)
        const known = byName.get(dotted)
        if (known === undefined) byName.set(dotted, { key: keys.fix(dotted), type, slots: [2 * index] })
        else known.slots.push(2 * index)
      })
      return [...byName.values()]
    })
  }

  /**
   * Fills the draft from the first pattern found; false when none is. The body is the whole message unless a field is one;
   * words outside of all fields then keep the message beside it.
   */
  read(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    if (end - start > longestMessage) return false
    for (let i = 0; i < this.searches.length; i++) {
      const search = this.searches[i]
      if (!search.search(bytes, start, end)) continue
      const { slots } = search
      const fields = this.fields[i]
      for (let n = 0; n < fields.length; n++) addField(fields[n], slots, bytes, start, draft)
      if (draft.hasRole(role.body)) {
        if (hasLooseWords(slots, bytes, start, end)) draft.keepOriginal = true
      } else draft.setRole(role.body, start, end - start)
      return true
    }
    return false
  }
}

const addField = (
  { key, slots: pairs, type }: FieldOfPattern,
  slots: Int32Array,
  bytes: Uint8Array,
  start: number,
  draft: RecordDraft
): void => {
  let used = -1
  let count = 0
  for (let i = 0; i < pairs.length; i++) {
    if (slots[pairs[i] + 1] <= slots[pairs[i]]) continue
    used = pairs[i]
    count++
  }
  if (count === 0) return
  const from = start + slots[used]
  const length = slots[used + 1] - slots[used]
  if (count === 1 && (type === "text" || isPlainNumber(bytes, from, length))) {
    draft.addField(key, from, length)
    return
  }
  const texts = pairs
    .filter((pair) => slots[pair + 1] > slots[pair])
    .map((pair) => typedText(decodeText(bytes, start + slots[pair], start + slots[pair + 1]), type))
  const text = encodeUtf8(count === 1 ? (texts[0] ?? "") : JSON.stringify(texts))
  const at = draft.reserveScratch(text.length)
  draft.scratch.set(text, at)
  draft.scratchUsed = at + text.length
  draft.addField(key, -1 - at, text.length)
}

const decodeText = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8")

/** Whether the text is a number as it is written shortest, so that it needs no conversion. */
const isPlainNumber = (bytes: Uint8Array, start: number, length: number): boolean => {
  if (length > 15 || (bytes[start] === 48 && length > 1)) return false
  for (let at = start; at < start + length; at++) if (bytes[at] < 48 || bytes[at] > 57) return false
  return true
}

/** Whether letters or digits stand in no field. */
const hasLooseWords = (slots: Int32Array, bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start
  while (at < end) {
    const byte = bytes[at]
    const letter = byte | 32
    if (!((letter >= 97 && letter <= 122) || (byte >= 48 && byte <= 57) || byte >= 128)) {
      at++
      continue
    }
    const behind = fieldEnd(slots, at - start)
    if (behind < 0) return true
    at = start + behind
  }
  return false
}

/** Where the longest field that covers a position ends, -1 when none does. */
const fieldEnd = (slots: Int32Array, at: number): number => {
  let behind = -1
  for (let i = 0; i < slots.length; i += 2)
    if (slots[i] <= at && slots[i + 1] > at) behind = Math.max(behind, slots[i + 1])
  return behind
}
