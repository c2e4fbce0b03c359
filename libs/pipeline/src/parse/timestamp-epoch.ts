// Timestamps that are numbers since the epoch, in the unit that their magnitude says.
import { decodeUtf8, encodeUtf8 } from "@tailrace/domain/utf8"
import { fraction, type Instant, isDigit } from "./instant.ts"

const smallestSeconds = 100_000_000

/**
 * Reads a number since the epoch whose digits say the unit: up to 11 whole digits are seconds, 12..14 milliseconds,
 * 15..17 microseconds, 18..19 nanoseconds. A fraction adds to seconds and milliseconds. Below 1973 it is no timestamp.
 * The whole of `bytes[at, end)` must be the number; no exponent.
 */
export const readEpoch = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  let position = at
  while (position < end && isDigit(bytes[position])) position++
  const digits = position - at
  if (digits < 9 || digits > 19) return false
  const unitDigits = digits <= 11 ? 0 : digits <= 14 ? 3 : digits <= 17 ? 6 : 9
  const secondsEnd = position - unitDigits
  let seconds = 0
  for (let i = at; i < secondsEnd; i++) seconds = seconds * 10 + bytes[i] - 48
  if (seconds < smallestSeconds) return false
  instant.millis = seconds * 1000
  instant.nanos = 0
  instant.zoned = true
  if (unitDigits > 0) fraction(bytes, secondsEnd, position, instant)
  if (position < end && bytes[position] === 46) {
    const behind = position + 1
    if (unitDigits === 0) position = fraction(bytes, behind, end, instant)
    else if (unitDigits === 3) position = microFraction(bytes, behind, end, instant)
    else position = skipDigits(bytes, behind, end)
    if (position === behind) return false
  }
  instant.end = position
  return position === end
}

const skipDigits = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && isDigit(bytes[position])) position++
  return position
}

const microFraction = (bytes: Uint8Array, at: number, end: number, instant: Instant): number => {
  const stop = skipDigits(bytes, at, end)
  let nanos = 0
  for (let i = 0; i < 6; i++) nanos = nanos * 10 + (at + i < stop ? bytes[at + i] - 48 : 0)
  instant.nanos = nanos
  return stop
}

const longestNumber = 32

/** Reads a value that is a number since the epoch, also with an exponent (`1.796048521e9`), or .NET's `/Date(ms)/`. */
export const readEpochValue = (bytes: Uint8Array, start: number, end: number, instant: Instant): boolean => {
  if (readEpoch(bytes, start, end, instant)) return true
  const first = bytes[start]
  if (end - start > longestNumber || (first !== 47 && !isDigit(first))) return false
  const text = decodeUtf8(bytes, start, end)
  const digits = /^\/Date\((\d{12,14})(?:[+-]\d{4})?\)\/$/.exec(text)?.[1] ?? plainOf(text)
  if (digits === undefined) return false
  const plain = encodeUtf8(digits)
  if (!readEpoch(plain, 0, plain.length, instant)) return false
  instant.end = end
  return true
}

/** The digits of a number with an exponent. */
const plainOf = (text: string): string | undefined => {
  const [, whole = "", decimals = "", exponent] = /^(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})$/.exec(text) ?? []
  if (exponent === undefined) return undefined
  const digits = decimals.padEnd(Number(exponent), "0")
  const behind = digits.slice(Number(exponent))
  return whole + digits.slice(0, Number(exponent)) + (behind === "" ? "" : `.${behind}`)
}
