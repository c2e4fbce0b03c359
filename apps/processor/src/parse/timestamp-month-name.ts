// Timestamps with the month as a name: RFC 3164, asctime, common log format, Apache error logs.
import { clock, fourDigits, fraction, type Instant, isDigit, midnight, twoDigits } from "./instant.ts"
import { finish, readOffset } from "./timestamp-iso.ts"
import type { Zone } from "./zone.ts"

const colon = 58
const space = 32
const slash = 47
const dash = 45
const toleranceMillis = 2 * 86_400_000

const names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const monthByKey = new Map(
  names.map((name, index) => [keyOf(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)), index + 1])
)
const dayByKey = new Set(
  ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].map((name) =>
    keyOf(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2))
  )
)

function keyOf(first: number, second: number, third: number): number {
  return ((first | 32) << 16) | ((second | 32) << 8) | (third | 32)
}

let cachedKey = -1
let cachedMonth = 0

/** Month 1..12 of the three letters at `at`, or 0. */
const monthAt = (bytes: Uint8Array, at: number): number => {
  const key = keyOf(bytes[at], bytes[at + 1], bytes[at + 2])
  if (key === cachedKey) return cachedMonth
  const month = monthByKey.get(key) ?? 0
  cachedKey = key
  cachedMonth = month
  return month
}

/** Whether the three letters at `at` begin the name of a day of the week. */
const isDayName = (bytes: Uint8Array, at: number): boolean =>
  dayByKey.has(keyOf(bytes[at], bytes[at + 1], bytes[at + 2]))

/** Reads `DD/Mon/YYYY:hh:mm:ss +hhmm` (the common log format; zone optional, a fraction allowed). */
export const readCommonLog = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (end - at < 20 || (bytes[at + 2] !== slash && bytes[at + 2] !== dash) || bytes[at + 6] !== bytes[at + 2])
    return false
  if (bytes[at + 11] !== colon && bytes[at + 11] !== space) return false
  const day = midnight(fourDigits(bytes, at + 7), monthAt(bytes, at + 3), twoDigits(bytes, at))
  const time = clock(bytes, at + 12, colon)
  if (Number.isNaN(day) || time < 0) return false
  instant.millis = day + time
  instant.nanos = 0
  if (bytes[at + 20] === space && (bytes[at + 21] === 43 || bytes[at + 21] === dash)) {
    if (readOffset(bytes, at + 21, end, instant)) return true
  }
  return finish(bytes, at + 20, end, zone, instant)
}

/** Day of the month at `at`: two digits, a space and a digit, or one digit. Answers it times 100 plus its width, or -1. */
const dayOfMonth = (bytes: Uint8Array, at: number): number => {
  const two = twoDigits(bytes, at)
  if (two >= 0) return two * 100 + 2
  if (bytes[at] === space && isDigit(bytes[at + 1])) return (bytes[at + 1] - 48) * 100 + 2
  if (isDigit(bytes[at]) && bytes[at + 1] === space) return (bytes[at] - 48) * 100 + 1
  return -1
}

/**
 * Milliseconds of a date whose text has no year: the year that brings it nearest before `nearMillis` (a record's
 * received-at), allowing two days of clocks running ahead. NaN when no year of the last eight has such a day.
 */
export const yearlessDay = (month: number, day: number, timeOfDay: number, nearMillis: number): number => {
  if (month < 1 || month > 12 || day < 1 || day > 31) return Number.NaN
  const year = yearOf(nearMillis)
  const newYear = month === 1 && nearMillis + toleranceMillis >= yearEnd
  for (let candidate = newYear ? year + 1 : year; candidate > year - 8; candidate--) {
    const millis = midnight(candidate, month, day)
    if (millis + timeOfDay <= nearMillis + toleranceMillis) return millis
  }
  return Number.NaN
}

let yearStart = 0
let yearEnd = 0
let yearValue = 0
const yearOf = (millis: number): number => {
  if (millis >= yearStart && millis < yearEnd) return yearValue
  yearValue = new Date(millis).getUTCFullYear()
  yearStart = Date.UTC(yearValue, 0, 1)
  yearEnd = Date.UTC(yearValue + 1, 0, 1)
  return yearValue
}

/**
 * Reads `Mon D hh:mm:ss` (RFC 3164, year from `nearMillis`), `Mon D YYYY hh:mm:ss` (Cisco) and `Mon D hh:mm:ss YYYY`
 * (asctime), each with an optional fraction and zone.
 */
export const readMonthFirst = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  nearMillis: number,
  instant: Instant
): boolean => {
  const month = monthAt(bytes, at)
  if (month === 0 || bytes[at + 3] !== space || end - at < 14) return false
  const dayAndWidth = dayOfMonth(bytes, at + 4)
  if (dayAndWidth < 0) return false
  const day = Math.floor(dayAndWidth / 100)
  let position = at + 4 + (dayAndWidth % 100)
  if (bytes[position] !== space) return false
  position++
  let year = -1
  if (bytes[position + 4] === space) {
    year = fourDigits(bytes, position)
    if (year >= 0) position += 5
  }
  const time = position + 8 <= end ? clock(bytes, position, colon) : -1
  if (time < 0) return false
  position += 8
  if (year < 0 && bytes[position] === space && !isDigit(bytes[position + 5]) && bytes[position + 5] !== colon) {
    const trailing = position + 5 <= end ? fourDigits(bytes, position + 1) : -1
    if (trailing >= 1970 && trailing < 2100) {
      year = trailing
      return withYear(bytes, position + 5, end, zone, instant, midnight(year, month, day) + time)
    }
  }
  instant.nanos = 0
  if (year < 0 && bytes[position] === 46)
    return apacheFraction(bytes, position, end, zone, nearMillis, instant, month, day, time)
  return withYear(
    bytes,
    position,
    end,
    zone,
    instant,
    (year < 0 ? yearlessDay(month, day, time, nearMillis) : midnight(year, month, day)) + time
  )
}

const withYear = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  instant: Instant,
  millis: number
): boolean => {
  if (Number.isNaN(millis)) return false
  instant.millis = millis
  instant.nanos = 0
  return finish(bytes, at, end, zone, instant)
}

// Apache 2.4 writes the year behind the microseconds: `Jun 08 11:54:08.929301 2021`.
const apacheFraction = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  nearMillis: number,
  instant: Instant,
  month: number,
  day: number,
  time: number
): boolean => {
  instant.millis = 0
  const behind = fraction(bytes, at + 1, end, instant)
  const trailing =
    bytes[behind] === space && behind + 5 <= end && !isDigit(bytes[behind + 5]) ? fourDigits(bytes, behind + 1) : -1
  const hasYear = trailing >= 1970 && trailing < 2100
  const date = hasYear ? midnight(trailing, month, day) : yearlessDay(month, day, time, nearMillis)
  if (Number.isNaN(date)) return false
  instant.millis += date + time
  return finish(bytes, hasYear ? behind + 5 : behind, end, zone, instant)
}

/** Reads `Sun Dec 04 04:47:44 2005` and `Sun, 04 Dec 2005 04:47:44 GMT`: a day name before the date. */
export const readDayName = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  nearMillis: number,
  instant: Instant
): boolean => {
  if (!isDayName(bytes, at)) return false
  if (bytes[at + 3] === space) return readMonthFirst(bytes, at + 4, end, zone, nearMillis, instant)
  if (bytes[at + 3] !== 44 || bytes[at + 4] !== space) return false
  const day = twoDigits(bytes, at + 5)
  const year = fourDigits(bytes, at + 12)
  const time = end - at >= 25 ? clock(bytes, at + 17, colon) : -1
  if (day < 0 || year < 0 || time < 0) return false
  return withYear(bytes, at + 25, end, zone, instant, midnight(year, monthAt(bytes, at + 8), day) + time)
}
