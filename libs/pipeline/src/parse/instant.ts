// Instant: the reusable result of reading a timestamp, and the calendar arithmetic all timestamp readers stand on.

/** Milliseconds of a day. */
const dayMillis = 86_400_000

/**
 * Where a timestamp reader leaves what it read. `millis` since the epoch; `nanos` inside that millisecond (0..999999);
 * `end` the position behind the text. `zoned` says whether the text stated its own zone. Reused for every record.
 */
export class Instant {
  millis = 0
  nanos = 0
  end = 0
  zoned = false
  /** Text of a zone that was not understood, or that is several zones' name; empty when there is nothing to say. */
  zoneStart = 0
  zoneEnd = 0
}

/** The number of two decimal digits at `at`, or -1 when either byte is no digit (or lies outside the array). */
export const twoDigits = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at] - 48
  const ones = bytes[at + 1] - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** The number of four decimal digits at `at`, or -1. */
export const fourDigits = (bytes: Uint8Array, at: number): number => {
  const high = twoDigits(bytes, at)
  const low = twoDigits(bytes, at + 2)
  return high < 0 || low < 0 ? -1 : high * 100 + low
}

export const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether year, month (1..12) and day name a day of the calendar. */
const isDate = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 && isLeap(year) ? 29 : monthLengths[month - 1])

let cachedYear = -1
let cachedMonth = -1
let cachedDay = -1
let cachedMillis = 0

/**
 * Milliseconds of midnight (UTC) of a date, or NaN when there is no such day. The last day is remembered, because
 * neighbouring records share theirs.
 */
export const midnight = (year: number, month: number, day: number): number => {
  if (day === cachedDay && month === cachedMonth && year === cachedYear) return cachedMillis
  if (year < 0 || !isDate(year, month, day)) return Number.NaN
  cachedMillis = Date.UTC(2000, month - 1, day) + yearShift(year, month)
  cachedYear = year
  cachedMonth = month
  cachedDay = day
  return cachedMillis
}

// Date.UTC reads years 0..99 as 1900..1999, so the year is added as days of the proleptic Gregorian calendar.
const yearShift = (year: number, month: number): number => {
  const before = month > 2 ? year : year - 1
  const reference = month > 2 ? 2000 : 1999
  return (leapDays(before) - leapDays(reference) + (year - 2000) * 365) * dayMillis
}
const leapDays = (year: number): number => Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)

/**
 * Milliseconds of `hh:mm:ss` at `at` (any one separator byte that `separator` names), or -1 when it is none. Second 60
 * is a leap second and counts as the next second's start.
 */
export const clock = (bytes: Uint8Array, at: number, separator: number): number => {
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  const second = twoDigits(bytes, at + 6)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1
  if (bytes[at + 2] !== separator || bytes[at + 5] !== separator) return -1
  return hour * 3_600_000 + minute * 60_000 + second * 1000
}

/**
 * Reads the digits of a fraction of a second at `at` into `instant` (adds to millis, sets nanos); answers the position
 * behind them. Digits beyond the ninth are read over.
 */
export const fraction = (bytes: Uint8Array, at: number, end: number, instant: Instant): number => {
  let position = at
  let value = 0
  let digits = 0
  while (position < end) {
    const digit = bytes[position] - 48
    if (digit < 0 || digit > 9) break
    if (digits < 9) {
      value = value * 10 + digit
      digits++
    }
    position++
  }
  if (digits === 3) {
    instant.millis += value
    return position
  }
  while (digits < 9) {
    value *= 10
    digits++
  }
  const millis = Math.floor(value / 1_000_000)
  instant.millis += millis
  instant.nanos = value - millis * 1_000_000
  return position
}
