// The kv codec: keys and values with any marks between them.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import type { RecordDraft } from "../record-draft.ts"
import { GatheredFields, scratchText } from "../text-fields.ts"

const mark = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(16))

const options = Schema.Struct({
  between: field(mark, " ", "What stands between pairs, such as `,` or `; ` or `||`."),
  assign: field(mark, "=", "What stands between a key and its value, such as `:` or `=>`."),
  quotes: field(
    Schema.String.check(Schema.isMaxLength(4), Schema.isPattern(/^[!-~]*$/)),
    "\"'",
    "Characters that may stand around keys and values; a backslash within takes the next character as it is."
  ),
  trim: field(Schema.Boolean, true, "Whether blanks around keys and values are left out."),
  words: field(
    Schema.Boolean,
    true,
    "Whether a message may have keys without a value; with `false` it then stays whole."
  ),
  minimumPairs: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })),
    1,
    "Fewest pairs that a message needs to be read."
  ),
  prefix: field(Schema.String.check(Schema.isMaxLength(64)), "", "What is put before each key, such as `app.`.")
})

export const KvConfig = options.check(
  Schema.makeFilter(({ assign, between }) => between !== assign || "between and assign must be different")
)
export type KvConfig = typeof KvConfig.Type

export const kv = defineCodec({
  name: "kv",
  summary: "Reads keys and values with any marks between them and around them.",
  config: KvConfig,
  examples: [
    { title: "Firewalls that write `key=value, key=value`", config: { between: "," } },
    { title: "Pairs with colons between bars", config: { between: "|", assign: ":", trim: true, words: false } }
  ],
  make: (config) => Effect.succeed(bindKv(config))
})

const backslash = 92

/** The codec as a function of its options. A key that comes several times has a JSON array of its values. */
export const bindKv =
  (config: KvConfig): BindCodec =>
  (context) => {
    const reader = new PairReader(config, context)
    return { name: "kv", decode: (bytes, start, end, draft) => reader.read(bytes, start, end, draft) }
  }

class PairReader {
  private readonly config: KvConfig
  private readonly keys: CodecContext["keys"]
  private readonly between: Uint8Array
  private readonly assign: Uint8Array
  private readonly prefix: Uint8Array
  private readonly quotes: ReadonlyArray<number>
  private readonly fields = new GatheredFields()
  /** The text that `quoted` has read: where it starts, as a draft counts, and its length. */
  private textStart = 0
  private textLength = 0

  constructor(config: KvConfig, { keys }: CodecContext) {
    this.config = config
    this.keys = keys
    this.between = Buffer.from(config.between)
    this.assign = Buffer.from(config.assign)
    this.prefix = Buffer.from(config.prefix)
    this.quotes = [...Buffer.from(config.quotes)]
  }

  read(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    this.fields.begin()
    let pairs = 0
    let at = start
    while (at < end) {
      at = this.blanks(bytes, at, end)
      if (at >= end) break
      if (matches(bytes, at, end, this.between)) {
        at += this.between.length
        continue
      }
      const behindKey = this.key(bytes, at, end, draft)
      const keyStart = this.textStart
      const keyLength = this.textLength
      const mark = this.blanks(bytes, behindKey, end)
      if (keyLength > 0 && matches(bytes, mark, end, this.assign)) {
        at = this.value(bytes, mark + this.assign.length, end, draft)
        this.add(bytes, draft, keyStart, keyLength, this.textStart, this.textLength)
        pairs++
        continue
      }
      if (!this.config.words) return false
      const behindWord = this.next(bytes, at, end, this.between)
      this.add(bytes, draft, at, this.trimmed(bytes, at, behindWord) - at, at, 0)
      at = behindWord
    }
    if (pairs < this.config.minimumPairs) return false
    this.fields.write(draft, bytes)
    if (!draft.hasRole(role.body)) draft.setRole(role.body, start, end - start)
    return true
  }

  private add(
    bytes: Uint8Array,
    draft: RecordDraft,
    keyStart: number,
    keyLength: number,
    valueStart: number,
    valueLength: number
  ): void {
    if (this.fields.count > draft.maximumAttributes) {
      draft.overflow = true
      return
    }
    const source = draft.sourceOf(keyStart, bytes)
    const from = keyStart >= 0 ? keyStart : -1 - keyStart
    if (this.prefix.length === 0) {
      this.fields.add(this.keys.intern(source, from, from + keyLength), valueStart, valueLength)
      return
    }
    const whole = Buffer.concat([this.prefix, source.subarray(from, from + keyLength)])
    this.fields.add(this.keys.intern(whole, 0, whole.length), valueStart, valueLength)
  }

  private blanks(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    if (this.config.trim) while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++
    return at
  }

  private trimmed(bytes: Uint8Array, start: number, end: number): number {
    let at = end
    if (this.config.trim) while (at > start && (bytes[at - 1] === 32 || bytes[at - 1] === 9)) at--
    return at
  }

  /** Where the next of two marks begins, or the end. */
  private next(bytes: Uint8Array, start: number, end: number, mark: Uint8Array, other = mark): number {
    let at = start
    while (at < end && !matches(bytes, at, end, mark) && !matches(bytes, at, end, other)) at++
    return at
  }

  private key(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number {
    const behind = this.quoted(bytes, start, end, draft)
    if (behind >= 0) return behind
    const stop = this.next(bytes, start, end, this.between, this.assign)
    this.textStart = start
    this.textLength = this.trimmed(bytes, start, stop) - start
    return stop
  }

  private value(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number {
    const from = this.blanks(bytes, start, end)
    const behind = this.quoted(bytes, from, end, draft)
    if (behind >= 0) {
      const rest = this.blanks(bytes, behind, end)
      if (rest >= end || matches(bytes, behind, end, this.between) || matches(bytes, rest, end, this.between))
        return behind
    }
    // Quotes that end before the value does belong to it.
    const stop = this.next(bytes, from, end, this.between)
    this.textStart = from
    this.textLength = this.trimmed(bytes, from, stop) - from
    return stop
  }

  /** Reads a text in quotes; answers where it ends, -1 when there is none. */
  private quoted(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number {
    const quote = bytes[start]
    if (start >= end || !this.quotes.includes(quote)) return -1
    let escaped = false
    let at = start + 1
    while (at < end && bytes[at] !== quote) {
      if (bytes[at] === backslash) {
        escaped = true
        at++
      }
      at++
    }
    if (at >= end) return -1
    this.textStart = start + 1
    this.textLength = at - start - 1
    if (escaped) {
      const text = withoutBackslashes(bytes, start + 1, at, quote)
      this.textStart = scratchText(draft, text)
      this.textLength = text.length
    }
    return at + 1
  }
}

const matches = (bytes: Uint8Array, at: number, end: number, mark: Uint8Array): boolean => {
  if (at + mark.length > end) return false
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}

/** A quoted text: `\n`, `\t` and `\r` are what they are in C, a quote or backslash stands for itself, others stay. */
const withoutBackslashes = (bytes: Uint8Array, start: number, end: number, quote: number): Uint8Array => {
  const text: Array<number> = []
  for (let at = start; at < end; at++) {
    const meant = bytes[at] === backslash && at + 1 < end ? escapes(bytes[at + 1], quote) : -1
    if (meant >= 0) at++
    text.push(meant >= 0 ? meant : bytes[at])
  }
  return Uint8Array.from(text)
}

const escapes = (byte: number, quote: number): number => {
  if (byte === quote || byte === backslash) return byte
  return byte === 110 ? 10 : byte === 116 ? 9 : byte === 114 ? 13 : -1
}
