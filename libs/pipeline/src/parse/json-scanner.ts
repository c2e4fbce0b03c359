// JsonScanner: one pass over the bytes of a JSON object, fields into a draft.
import { literalEnd, numberEnd, skipSpace, valueEnd } from "./json-value.ts"
import type { RecordDraft } from "./record-draft.ts"
import { unescapeToScratch } from "./unescape.ts"

const quote = 34
const backslash = 92
const deepestFlattened = 64
const guessedKeys = 64
const unresolved = -2

/** Reads objects; keys of nested objects become dotted paths, arrays and what lies too deep stay JSON text. */
export class JsonScanner {
  private readonly depthLimit: number
  private path = new Uint8Array(256)
  private position = 0
  // Keys of the outermost object by position, of those alone that stood there without an escape.
  private readonly guesses = new Int32Array(guessedKeys).fill(-1)
  private generation = 0
  private textStart = 0
  private textLength = 0

  /** `depthLimit`: objects nested deeper stay JSON text (at most 64). */
  constructor(depthLimit: number) {
    this.depthLimit = Math.min(depthLimit, deepestFlattened)
  }

  /** Reads the object that fills `bytes[start, end)` but for white space; false when it is no JSON object. */
  scan(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    let at = skipSpace(bytes, start, end)
    if (bytes[at] !== 123 || at >= end) return false
    this.position = 0
    if (draft.keys.generation !== this.generation) {
      this.generation = draft.keys.generation
      this.guesses.fill(-1)
    }
    at = this.usual(bytes, at + 1, end, draft)
    if (at < 0) at = this.members(bytes, -at, end, draft, 0, 1)
    return at >= 0 && skipSpace(bytes, at, end) === end
  }

  /**
   * Reads members of the outermost object as long as they have the keys expected and are written without space, escapes
   * and nesting. Answers the position behind the closing brace, or minus that of the first member left to `members`.
   */
  private usual(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number {
    const { guesses } = this
    const { keys } = draft
    let position = 0
    let begin = start
    while (position < guessedKeys && !draft.overflow) {
      const guess = guesses[position]
      if (guess < 0 || bytes[begin] !== quote) break
      let at = keys.quotedEnd(guess, bytes, begin + 1)
      if (at < 0 || bytes[at] !== 58) break
      let from = ++at
      let byte = bytes[at]
      let to = 0
      if (byte === quote) {
        from++
        byte = bytes[++at]
        // Reading past the last byte (undefined) ends the loop too.
        while (byte >= 32 && byte !== quote && byte !== backslash) byte = bytes[++at]
        if (byte !== quote) break
        to = at++
      } else {
        if (!(byte >= 48 && byte <= 57)) break
        to = at = numberEnd(bytes, at, end)
        if (at < 0) break
      }
      if (at >= end) break
      byte = bytes[at]
      if (byte === 44 && bytes[at + 1] === quote) {
        draft.addField(guess, from, to - from)
        position++
        begin = at + 1
      } else if (byte === 125) {
        draft.addField(guess, from, to - from)
        this.position = position + 1
        return at + 1
      } else break
    }
    this.position = position
    return -begin
  }

  /** Reads members behind an opening brace; answers the position behind the closing one, or -1. */
  private members(
    bytes: Uint8Array,
    start: number,
    end: number,
    draft: RecordDraft,
    prefix: number,
    depth: number
  ): number {
    let at = start
    let byte = bytes[at]
    if (byte <= 32) {
      at = skipSpace(bytes, at, end)
      byte = bytes[at]
    }
    if (byte === 125 && at < end) return at + 1
    for (;;) {
      if (byte !== quote) return -1
      const keyAt = at + 1
      // Records of one source repeat their keys in order: to compare with the expected key is to read it.
      const guess = prefix === 0 && this.position < guessedKeys ? this.guesses[this.position] : -1
      const known = guess < 0 ? -1 : draft.keys.quotedEnd(guess, bytes, keyAt)
      at = known < 0 ? this.text(bytes, keyAt, end, draft) : known
      if (at < 0) return -1
      const keyStart = known < 0 ? this.textStart : keyAt
      const keyLength = known < 0 ? this.textLength : at - keyAt - 1
      byte = bytes[at]
      if (byte !== 58) {
        at = skipSpace(bytes, at, end)
        if (bytes[at] !== 58) return -1
      }
      byte = bytes[++at]
      if (byte <= 32) {
        at = skipSpace(bytes, at, end)
        byte = bytes[at]
      }
      if (at >= end) return -1
      at = this.member(bytes, at, end, draft, prefix, depth, keyStart, keyLength, known < 0 ? unresolved : guess)
      if (at < 0) return -1
      byte = bytes[at]
      if (byte <= 32) {
        at = skipSpace(bytes, at, end)
        byte = bytes[at]
      }
      if (at >= end) return -1
      if (byte === 125) return at + 1
      if (byte !== 44) return -1
      byte = bytes[++at]
      if (byte <= 32) {
        at = skipSpace(bytes, at, end)
        byte = bytes[at]
      }
      if (at >= end) return -1
    }
  }

  /** Reads one value and adds it under its key; answers the position behind it, or -1. */
  private member(
    bytes: Uint8Array,
    at: number,
    end: number,
    draft: RecordDraft,
    prefix: number,
    depth: number,
    keyStart: number,
    keyLength: number,
    known: number
  ): number {
    const byte = bytes[at]
    if (byte === 123) {
      const inside = skipSpace(bytes, at + 1, end)
      if (depth < this.depthLimit && !(inside < end && bytes[inside] === 125)) {
        const behind = this.extendPath(bytes, draft, prefix, keyStart, keyLength)
        this.path[behind] = 46
        return this.members(bytes, at + 1, end, draft, behind + 1, depth + 1)
      }
    }
    if (byte === quote) {
      const behind = this.text(bytes, at + 1, end, draft)
      if (behind >= 0)
        draft.addField(this.key(bytes, draft, prefix, keyStart, keyLength, known), this.textStart, this.textLength)
      return behind
    }
    const behind =
      byte === 123 || byte === 91
        ? valueEnd(bytes, at, end)
        : byte >= 97
          ? literalEnd(bytes, at, end)
          : numberEnd(bytes, at, end)
    // null is an empty text: the key is known to be there, its value is nothing.
    if (behind >= 0) {
      draft.addField(this.key(bytes, draft, prefix, keyStart, keyLength, known), at, byte === 110 ? 0 : behind - at)
    }
    return behind
  }

  /** Reads a string whose first character is at `at` into textStart and textLength; answers the position behind its quote. */
  private text(bytes: Uint8Array, at: number, end: number, draft: RecordDraft): number {
    let position = at
    let byte = bytes[position]
    while (byte !== quote) {
      if (byte === backslash) return this.escapedText(bytes, at, end, draft)
      // Written so that reading past the last byte (undefined) fails too.
      if (!(byte >= 32)) return -1
      byte = bytes[++position]
    }
    if (position >= end) return -1
    this.textStart = at
    this.textLength = position - at
    return position + 1
  }

  private escapedText(bytes: Uint8Array, at: number, end: number, draft: RecordDraft): number {
    let position = at
    while (position < end && bytes[position] !== quote) {
      if (bytes[position] < 32) return -1
      position += bytes[position] === backslash ? 2 : 1
    }
    if (position >= end) return -1
    const begin = unescapeToScratch(draft, bytes, at, position, true)
    if (begin < 0) return -1
    this.textStart = -1 - begin
    this.textLength = draft.scratchUsed - begin
    return position + 1
  }

  private key(
    bytes: Uint8Array,
    draft: RecordDraft,
    prefix: number,
    start: number,
    length: number,
    known: number
  ): number {
    // Past the limit keys are no longer learned, so a record of a million keys costs no memory.
    if (draft.overflow) return -1
    const position = this.position++
    if (known !== unresolved) return known
    if (prefix === 0) {
      if (start < 0) return draft.keys.intern(draft.scratch, -1 - start, -1 - start + length)
      const id = draft.keys.intern(bytes, start, start + length)
      if (position < guessedKeys) this.guesses[position] = id
      return id
    }
    return draft.keys.at(position, this.path, 0, this.extendPath(bytes, draft, prefix, start, length))
  }

  /** Writes a key behind the first `prefix` bytes of the path; answers the path's length. Leaves room for a dot. */
  private extendPath(bytes: Uint8Array, draft: RecordDraft, prefix: number, start: number, length: number): number {
    if (prefix + length + 1 > this.path.length) {
      const path = new Uint8Array((prefix + length + 1) * 2)
      path.set(this.path.subarray(0, prefix))
      this.path = path
    }
    const source = start >= 0 ? bytes : draft.scratch
    const from = start >= 0 ? start : -1 - start
    const path = this.path
    for (let i = 0; i < length; i++) path[prefix + i] = source[from + i]
    return prefix + length
  }
}
