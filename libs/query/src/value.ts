// Value: literals as people write them: words with escapes and wildcards, quoted strings, numbers with units.
import { numberOfText } from "@tailrace/domain/number-bytes"
import type { PatternPart, Value } from "./ast.ts"

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}
const byteUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1_048_576,
  gib: 1_073_741_824
}

const quantity = /^(-?\d{1,32}(?:\.\d{1,32})?)([a-zµ]{1,3})$/i

/** Milliseconds of a duration such as 15m or 1.5h, or undefined. */
export const durationMillis = (text: string): number | undefined => {
  const match = quantity.exec(text)
  const unit = durationUnits[match?.[2]?.toLowerCase() ?? ""]
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}

/** The literal of an unquoted word. */
export const wordValue = (raw: string, from: number): Value => {
  const span = { from, to: from + raw.length, quoted: false, raw }
  const number = numberOfText(raw)
  if (!Number.isNaN(number)) return { ...span, text: raw, number }
  const match = quantity.exec(raw)
  const unit = match?.[2]?.toLowerCase() ?? ""
  if (match !== null && durationUnits[unit] !== undefined) {
    return { ...span, text: raw, number: Number(match[1]) * durationUnits[unit], unit: "duration" }
  }
  if (match !== null && byteUnits[unit] !== undefined) {
    return { ...span, text: raw, number: Number(match[1]) * byteUnits[unit], unit: "bytes" }
  }
  const parts = wordParts(raw)
  if (parts.some((part) => typeof part === "string")) {
    const text = parts.map((part) => (part === "any" ? "*" : part === "one" ? "?" : part.literal)).join("")
    return { ...span, text, pattern: parts }
  }
  return { ...span, text: parts.map((part) => (typeof part === "string" ? "" : part.literal)).join("") }
}

/** The literal of a quoted string; `raw` holds the quotes. */
export const stringValue = (raw: string, text: string, from: number): Value => ({
  from,
  to: from + raw.length,
  text,
  quoted: true,
  raw
})

/** A text in double quotes, escaped so that it reads back the same. */
export const quoteText = (text: string): string =>
  `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")}"`

const wordParts = (raw: string): Array<PatternPart> => {
  const parts: Array<PatternPart> = []
  let literal = ""
  const flush = (): void => {
    if (literal !== "") parts.push({ literal })
    literal = ""
  }
  for (let i = 0; i < raw.length; i++) {
    const character = raw[i] as string
    if (character === "\\" && i + 1 < raw.length) literal += raw[++i]
    else if (character === "*" || character === "?") {
      flush()
      if (character === "?") parts.push("one")
      else if (parts[parts.length - 1] !== "any") parts.push("any")
    } else literal += character
  }
  flush()
  return parts
}

const fieldUnits: ReadonlyArray<readonly [RegExp, number]> = [
  [/(_|\.|^)(ns|nanos|nanoseconds)$/i, 1e6],
  [/(_|\.|^)(us|micros|microseconds)$/i, 1e3],
  [/(_|\.|^)(s|sec|secs|seconds)$/i, 1e-3],
  [/(_|\.|^)(min|mins|minutes)$/i, 1 / 60_000]
]

/** The number a literal means for a field: durations in the unit the field's name ends with, milliseconds otherwise. */
export const numberFor = (field: string, value: Value): number | undefined => {
  if (value.number === undefined || value.unit !== "duration") return value.number
  const unit = fieldUnits.find(([ending]) => ending.test(field))
  return unit === undefined ? value.number : Number((value.number * unit[1]).toPrecision(15))
}
