// The logfmt codec: key=value pairs.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { headerLevel, surroundings } from "../header-level.ts"
import type { RecordDraft } from "../record-draft.ts"
import { unescapeToScratch } from "../unescape.ts"

export const LogfmtConfig = Schema.Struct({
  minimumPairs: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })),
    1,
    "Fewest key=value pairs a message needs to be read as logfmt."
  )
})

export const logfmt = defineCodec({
  name: "logfmt",
  summary: "Reads key=value pairs with quoted values, as Go services and Heroku write them.",
  config: LogfmtConfig,
  examples: [
    { title: "logfmt", config: {} },
    { title: "Mixed with prose", config: { minimumPairs: 3 } }
  ],
  make: (config) => Effect.succeed(bindLogfmt(config.minimumPairs))
})

/** The codec as a function of the fewest pairs, by the grammar of go-logfmt. Words without a value are keys with an empty text. */
export const bindLogfmt =
  (minimumPairs: number): BindCodec =>
  () => ({
    name: "logfmt",
    decode: (bytes, start, end, draft) => {
      const balance = readPairs(bytes, start, end, draft, false)
      if (balance < 0) return false
      const pairs = balance >>> 12
      const words = balance & 4095
      return pairs >= minimumPairs && (minimumPairs < 2 || words <= pairs)
    }
  })

/**
 * The codec as `auto` uses it: at least two pairs and no more words than pairs. It also takes what go-logfmt refuses, marks
 * and quotes inside bare values and a quote left open, and keeps the line beside it. Pairs behind the words of a sentence
 * become attributes, and the body is the whole line.
 */
export const bindLenientLogfmt: BindCodec = () => ({
  name: "logfmt",
  decode: (bytes, start, end, draft) => {
    const balance = readPairs(bytes, start, end, draft, true)
    const pairs = balance >>> 12
    if (balance < 0 || pairs < 2 || (balance & 4095) > pairs) return false
    let behind = start
    while (behind < end && bytes[behind] > 32 && bytes[behind] !== equals) behind++
    if (bytes[behind] !== equals && !isLevel(bytes, start, behind)) {
      draft.demote(role.body)
      draft.setRole(role.body, start, end - start)
    }
    return true
  }
})

const isLevel = (bytes: Uint8Array, start: number, end: number): boolean =>
  headerLevel(bytes, start, end, surroundings.first) > 0

const quote = 34
const equals = 61
const backslash = 92
const most = 4095

/**
 * Reads the pairs of `bytes[start, end)` into the draft, by the grammar of go-logfmt: bytes up to the space separate,
 * a key holds no `=` and no quote, a value is bare or quoted. Answers pairs times 4,096 plus words without a value, or
 * -1 at a syntax error.
 */
const readPairs = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft, lenient: boolean): number => {
  let at = start
  let pairs = 0
  let words = 0
  let position = 0
  for (;;) {
    while (at < end && bytes[at] <= 32) at++
    if (at >= end) return Math.min(pairs, most) * 4096 + Math.min(words, most)
    const keyStart = at
    let byte = bytes[at]
    while (at < end && byte > 32 && byte !== equals && byte !== quote) byte = bytes[++at]
    const keyEnd = at
    if (keyEnd === keyStart || (at < end && byte === quote)) return -1
    let valueStart = at
    let valueLength = 0
    if (at >= end || byte !== equals) words++
    else {
      pairs++
      valueStart = ++at
      byte = bytes[at]
      if (at < end && byte === quote) {
        valueStart = ++at
        at = quotedEnd(bytes, at, end)
        if (at < 0) {
          if (!lenient) return -1
          draft.keepOriginal = true
          at = end
        }
        valueLength = at - valueStart
        if (escaped) {
          valueStart = -1 - unescapeToScratch(draft, bytes, valueStart, at, false)
          valueLength = draft.scratchUsed + 1 + valueStart
        }
        at++
        if (at < end && bytes[at] > 32) {
          if (!lenient || (bytes[at] !== 44 && bytes[at] !== 59)) return -1
          draft.keepOriginal = true
          at++
        }
      } else {
        while (at < end && byte > 32) {
          if (byte === equals || byte === quote) {
            if (!lenient) return -1
            draft.keepOriginal = true
          }
          byte = bytes[++at]
        }
        valueLength = at - valueStart
      }
    }
    draft.addField(draft.overflow ? -1 : draft.keys.at(position++, bytes, keyStart, keyEnd), valueStart, valueLength)
  }
}

let escaped = false

const quotedEnd = (bytes: Uint8Array, start: number, end: number): number => {
  escaped = false
  let at = start
  while (at < end) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) {
      escaped = true
      at++
    }
    at++
  }
  return -1
}
