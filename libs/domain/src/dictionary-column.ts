// DictionaryColumn: a text column of few distinct values, held as codes into a batch-local dictionary.
import { decodeUtf8, encodeUtf8 } from "./utf8.ts"

const initialSlots = 256
const guessCount = 64

/**
 * Codes of one column of a batch and the dictionary behind them. Code 0 is always the empty text, so an unset row needs
 * no work and the codes are the indices of a ClickHouse LowCardinality block as they stand.
 */
export class DictionaryColumn {
  codes: Uint32Array
  /** Number of dictionary entries, the empty text included. */
  size = 1
  /** Changes whenever codes lose their meaning (reset, rename), so that what was derived from codes can be kept until then. */
  generation = 0
  private entries: Array<Uint8Array> = [new Uint8Array(0)]
  private texts: Array<string | undefined> = [""]
  private hashes: Array<number> = [0]
  private slots = new Int32Array(initialSlots)
  // Few texts make up most rows: their codes by a mix of length, first and last byte, looked at before anything is hashed.
  private readonly guesses = new Int32Array(guessCount)

  constructor(capacity: number) {
    this.codes = new Uint32Array(capacity)
  }

  /** Code of the bytes `source[start, end)`, entered into the dictionary when new. */
  intern(source: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length === 0) return 0
    const mix = (length + (source[start] as number) * 3 + (source[end - 1] as number) * 7) & (guessCount - 1)
    const guess = this.guesses[mix] as number
    if (guess !== 0 && sameBytes(this.entries[guess] as Uint8Array, source, start, length)) return guess
    const hash = hashOf(source, start, end)
    const slot = this.find(source, start, length, hash)
    const known = this.slots[slot] as number
    const code = known === 0 ? this.add(source.slice(start, end), hash, slot) : known
    this.guesses[mix] = code
    return code
  }

  /** Code of a text, entered into the dictionary when new. */
  internText(text: string): number {
    if (text === "") return 0
    const bytes = encodeUtf8(text)
    return this.intern(bytes, 0, bytes.length)
  }

  /** Code of a text that is in the dictionary, or 0 when it is not (or empty). */
  codeOf(text: string): number {
    const bytes = encodeUtf8(text)
    const slot = this.find(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length))
    return this.slots[slot] as number
  }

  /** Text of a dictionary code; bytes that are no UTF-8 show as U+FFFD. */
  text(code: number): string {
    const known = this.texts[code]
    if (known !== undefined) return known
    const entry = this.entries[code]
    if (entry === undefined) throw new RangeError(`dictionary code ${code} is outside 0..${this.size - 1}`)
    const text = decodeUtf8(entry, 0, entry.length)
    this.texts[code] = text
    return text
  }

  /** Bytes of a dictionary code. The view belongs to the dictionary: read it, do not write it. */
  bytes(code: number): Uint8Array {
    return this.entries[code] as Uint8Array
  }

  /** Text of a row. */
  textAt(row: number): string {
    return this.text(this.codes[row] as number)
  }

  /**
   * Replaces the text of one entry for every row that has it: renames in O(1). The caller answers for the new text not
   * being another entry's; two codes of one text stay correct to read but waste an entry.
   */
  rename(code: number, text: string): void {
    if (code === 0) throw new RangeError("the empty entry of a dictionary cannot be renamed")
    this.entries[code] = encodeUtf8(text)
    this.texts[code] = text
    this.generation++
    this.guesses.fill(0)
    this.rehash(this.slots.length)
  }

  grow(capacity: number): void {
    const codes = new Uint32Array(capacity)
    codes.set(this.codes)
    this.codes = codes
  }

  /** Forgets all entries and zeroes the codes of the first `rows` rows. */
  reset(rows: number): void {
    this.codes.fill(0, 0, rows)
    this.entries.length = 1
    this.texts.length = 1
    this.hashes.length = 1
    this.size = 1
    this.slots.fill(0)
    this.guesses.fill(0)
    this.generation++
  }

  /** The slot that holds the code of these bytes, or the free slot where it belongs. */
  private find(source: Uint8Array, start: number, length: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & (this.slots.length - 1)
    for (;;) {
      const code = this.slots[slot] as number
      if (code === 0) return slot
      if (this.hashes[code] === hash && sameBytes(this.entries[code] as Uint8Array, source, start, length)) return slot
      slot = (slot + 1) & (this.slots.length - 1)
    }
  }

  private add(entry: Uint8Array, hash: number, slot: number): number {
    const code = this.size++
    this.entries[code] = entry
    this.texts[code] = undefined
    this.hashes[code] = hash
    if (this.size * 2 > this.slots.length) this.rehash(this.slots.length * 2)
    else this.slots[slot] = code
    return code
  }

  private rehash(slotCount: number): void {
    const slots = new Int32Array(slotCount)
    for (let code = 1; code < this.size; code++) {
      const entry = this.entries[code] as Uint8Array
      const hash = hashOf(entry, 0, entry.length)
      this.hashes[code] = hash
      let slot = (hash ^ (hash >>> 15)) & (slotCount - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1)
      slots[slot] = code
    }
    this.slots = slots
  }
}

const hashOf = (source: Uint8Array, start: number, end: number): number => {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (source[i] as number)) | 0
  return hash
}

const sameBytes = (entry: Uint8Array, source: Uint8Array, start: number, length: number): boolean => {
  if (entry.length !== length) return false
  for (let i = 0; i < length; i++) if (entry[i] !== source[start + i]) return false
  return true
}
