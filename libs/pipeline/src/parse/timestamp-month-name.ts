// Timestamps with the month as a name: RFC 3164, asctime, common log format, Apache error logs.
import { clock, fourDigits, fraction, type Instant, isDigit, midnight, twoDigits } from "./instant.ts"
import { finish } from "./timestamp-iso.ts"
import { readOffset, readZone } from "./timestamp-zone.ts"
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
export const monthAt = (bytes: Uint8Array, at: number): number => {
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
 * Reads `Mon D hh:mm:ss` (RFC 3164, year from `nearMillis`), `Mon D YYYY hh:mm:ss` (Cisco), `Mon D hh:mm:ss YYYY`
 * (asctime), `Mon D hh:mm:ss ZONE YYYY` (date, Java) and `Mon D, YYYY h:mm:ss PM` (java.util.logging), with fractions.
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
  const hasComma = bytes[position] === 44
  if (hasComma) position++
  if (bytes[position] !== space) return false
  position++
  let year = -1
  if (bytes[position + 4] === space) {
    year = fourDigits(bytes, position)
    if (year >= 0) position += 5
  }
  if (hasComma && year < 0) return false
  // An hour of one digit stands in front of AM or PM only.
  const short = hasComma && bytes[position + 1] === colon
  const time = short ? shortClock(bytes, position) : position + 8 <= end ? clock(bytes, position, colon) : -1
  if (time < 0) return false
  position += short ? 7 : 8
  if (year < 0) {
    const trailing = trailingYear(bytes, position, end)
    if (trailing > 0) return withTrailingYear(bytes, position, end, zone, instant, trailing, month, day, time)
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
const shortClock = (bytes: Uint8Array, at: number): number => {
  const minute = twoDigits(bytes, at + 2)
  const second = twoDigits(bytes, at + 5)
  if (!isDigit(bytes[at]) || minute < 0 || minute > 59 || second < 0 || second > 60 || bytes[at + 4] !== colon)
    return -1
  return (bytes[at] - 48) * 3_600_000 + minute * 60_000 + second * 1000
}

/** Where the year stands behind the time, a zone between them or not: its position, or 0. */
const trailingYear = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== space) return 0
  let position = at + 1
  if (!isDigit(bytes[position])) {
    // A zone's name or its offset.
    const first = bytes[position]
    if (!(first >= 65 && first <= 90) && first !== 43 && first !== dash) return 0
    while (position < end && bytes[position] > space && position < at + 8) position++
    if (position >= end || position - at < 4 || bytes[position++] !== space) return 0
  }
  const next = position + 4 < end ? bytes[position + 4] : space
  if (position + 4 > end || isDigit(next) || next === colon || next === dash || next === 46) return 0
  const year = fourDigits(bytes, position)
  return year >= 1970 && year < 2100 ? position : 0
}

const withTrailingYear = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  instant: Instant,
  yearAt: number,
  month: number,
  day: number,
  time: number
): boolean => {
  const millis = midnight(fourDigits(bytes, yearAt), month, day) + time
  if (yearAt === at + 1) return withYear(bytes, yearAt + 4, end, zone, instant, millis)
  if (Number.isNaN(millis)) return false
  instant.millis = millis
  instant.nanos = 0
  if (!readZone(bytes, at, yearAt - 1, zone, instant) || instant.end !== yearAt - 1) {
    // What stands there can be a zone only.
    instant.millis = millis - zone.offsetMinutes(millis) * 60_000
    instant.zoned = false
    instant.zoneStart = at + 1
    instant.zoneEnd = yearAt - 1
  }
  instant.end = yearAt + 4
  return true
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

/** Where the date begins behind a day's name, short or whole, a comma and a space; 0 when there is none. */
export const behindDayName = (bytes: Uint8Array, at: number, end: number): number => {
  if (!isDayName(bytes, at)) return 0
  let position = at + 3
  while (position < end && position < at + 9 && bytes[position] >= 97 && bytes[position] <= 122) position++
  if (bytes[position] === 44) position++
  return bytes[position] === space ? position + 1 : 0
}
