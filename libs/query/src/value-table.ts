// Value table: which of many wanted texts and numbers a value is, looked up by its bytes and without regard to case.
import { numberInBytes } from "@tailrace/domain/number-bytes"
import { decodeUtf8, encodeUtf8 } from "@tailrace/domain/utf8"
import { folded } from "./byte-search.ts"

/** Rows of the batch read last that have one wanted value, in ascending order. */
export interface Bucket {
  rows: Array<number>
  /** How many entries of the index want it. */
  uses: number
  readonly text: string | undefined
  readonly number: number | undefined
}

/** A character takes up to three times the bytes of its lower case: the Kelvin sign, which is a "k". */
const mostShrinking = 3

/**
 * Wanted values of one field. Values are compared in lower case: ASCII ones by a hash of their bytes, others as texts
 * where a wanted text can be the lower case of something beyond ASCII.
 */
export class ValueTable {
  private readonly texts = new Map<string, Bucket>()
  private readonly numbers = new Map<number, Bucket>()
  private stale = true
  /** ASCII texts by hash: places in `keys` and `buckets` plus one, 0 for a free slot. */
  private slots = new Int32Array(16)
  private keys: Array<Uint8Array> = []
  private buckets: Array<Bucket> = []
  /** 1 at the length of each ASCII text. */
  private lengths = new Uint8Array(1)
  /** Longest value, in bytes, whose text must be looked at; 0 when bytes tell everything. */
  private longestDecoded = 0

  /** Distinct texts wanted. */
  get size(): number {
    return this.texts.size
  }

  get empty(): boolean {
    return this.texts.size === 0 && this.numbers.size === 0
  }

  get hasNumbers(): boolean {
    return this.numbers.size > 0
  }

  /** The bucket of a lower-cased text, for one entry more. */
  wantText(text: string): Bucket {
    this.stale = true
    return want(this.texts, text, { text, number: undefined })
  }

  /** The bucket of a number, for one entry more. */
  wantNumber(number: number): Bucket {
    return want(this.numbers, number, { text: undefined, number })
  }

  /** One entry less wants a bucket. */
  release(bucket: Bucket): void {
    bucket.uses--
    if (bucket.uses > 0) return
    this.stale = true
    if (bucket.text !== undefined) this.texts.delete(bucket.text)
    if (bucket.number !== undefined) this.numbers.delete(bucket.number)
  }

  /** The bucket of a text in any case. */
  ofText(text: string): Bucket | undefined {
    return this.texts.get(text.toLowerCase())
  }

  ofNumber(number: number): Bucket | undefined {
    return this.numbers.get(number)
  }

  /** The bucket of the text whose bytes are `source[start, start + length)`. */
  ofBytes(source: Uint8Array, start: number, length: number): Bucket | undefined {
    if (this.stale) this.build()
    if (this.lengths[length] !== 1 && length > this.longestDecoded) return undefined
    let hash = 0
    for (let i = start; i < start + length; i++) {
      const byte = source[i] as number
      if (byte > 127)
        return length > this.longestDecoded ? undefined : this.ofText(decodeUtf8(source, start, start + length))
      hash = hashOn(hash, folded[byte] as number)
    }
    return this.ofHash(hash, source, start, length)
  }

  /** The bucket of the number that bytes spell. */
  ofDigits(source: Uint8Array, start: number, length: number): Bucket | undefined {
    return this.numbers.get(numberInBytes(source, start, length))
  }

  /** The bucket of bytes whose hash by `hashOn` is known and of which none is beyond ASCII. */
  private ofHash(hash: number, source: Uint8Array, start: number, length: number): Bucket | undefined {
    const mask = this.slots.length - 1
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const place = this.slots[slot] as number
      if (place === 0) return undefined
      if (isFolded(source, start, length, this.keys[place - 1] as Uint8Array)) return this.buckets[place - 1]
    }
  }

  private build(): void {
    this.stale = false
    this.keys = []
    this.buckets = []
    this.longestDecoded = 0
    let longest = 0
    let slotCount = 16
    while (slotCount < this.texts.size * 2) slotCount *= 2
    this.slots = new Int32Array(slotCount)
    for (const [text, bucket] of this.texts) {
      const bytes = encodeUtf8(text)
      const isAscii = bytes.length === text.length
      if (!isAscii || text.includes("k"))
        this.longestDecoded = Math.max(this.longestDecoded, bytes.length * mostShrinking)
      if (!isAscii) continue
      longest = Math.max(longest, bytes.length)
      let slot = spread(bytes.reduce(hashOn, 0)) & (slotCount - 1)
      while (this.slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1)
      this.slots[slot] = this.keys.push(bytes)
      this.buckets.push(bucket)
    }
    this.lengths = new Uint8Array(longest + 1)
    for (const { length } of this.keys) this.lengths[length] = 1
  }
}

const want = <K>(buckets: Map<K, Bucket>, key: K, value: Pick<Bucket, "text" | "number">): Bucket => {
  const bucket = buckets.get(key) ?? { rows: [], uses: 0, ...value }
  bucket.uses++
  buckets.set(key, bucket)
  return bucket
}

const hashOn = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0

const spread = (hash: number): number => hash ^ (hash >>> 15)

const isFolded = (source: Uint8Array, start: number, length: number, key: Uint8Array): boolean => {
  if (key.length !== length) return false
  for (let i = 0; i < length; i++) if (folded[source[start + i] as number] !== key[i]) return false
  return true
}
