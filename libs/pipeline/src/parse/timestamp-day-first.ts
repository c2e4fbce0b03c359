// Timestamps whose date does not begin with the year or the month's name: `30 Nov 2026`, `11/30/2026`, `30.11.2026`, TAI64N.
import { fourDigits, type Instant, isDigit, midnight, twoDigits } from "./instant.ts"
import { finish } from "./timestamp-iso.ts"
import { monthAt } from "./timestamp-month-name.ts"
import type { Zone } from "./zone.ts"

const slash = 47
const dash = 45
const dot = 46
const colon = 58
const comma = 44
const space = 32

let clockEnd = 0

/** Milliseconds of `h:mm` or `h:mm:ss`, the hour in one digit or two or behind a blank, or -1; `clockEnd` is behind it. */
const looseClock = (bytes: Uint8Array, at: number, end: number): number => {
  let position = bytes[at] === space && isDigit(bytes[at + 1]) ? at + 1 : at
  let hour = twoDigits(bytes, position)
  if (hour >= 0) position += 2
  else if (isDigit(bytes[position])) hour = bytes[position++] - 48
  const minute = twoDigits(bytes, position + 1)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || bytes[position] !== colon || position + 3 > end) return -1
  position += 3
  let second = 0
  if (bytes[position] === colon && position + 3 <= end) {
    second = twoDigits(bytes, position + 1)
    if (second < 0 || second > 60) return -1
    position += 3
  }
  clockEnd = position
  return hour * 3_600_000 + minute * 60_000 + second * 1000
}

const settle = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant, day: number): boolean => {
  const time = looseClock(bytes, at, end)
  if (time < 0 || Number.isNaN(day)) return false
  instant.millis = day + time
  instant.nanos = 0
  return finish(bytes, clockEnd, end, zone, instant)
}

/** Reads `YYYY-MM-DD  h:mm:ss`, the hour in one digit behind a blank or two (MariaDB before ten o'clock). */
export const readPaddedHour = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  const separator = bytes[at + 4]
  if (separator !== bytes[at + 7] || (separator !== dash && separator !== slash) || bytes[at + 10] !== space)
    return false
  const day = midnight(fourDigits(bytes, at), twoDigits(bytes, at + 5), twoDigits(bytes, at + 8))
  return settle(bytes, at + 11, end, zone, instant, day)
}

/** Reads `30 Nov 2026 14:22:01`, `30-Nov-26 14:22`, `1 Nov 2026, 2:22:01 PM`: a day in digits, a month's name, a year. */
export const readDayMonthName = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  let position = at
  let day = twoDigits(bytes, at)
  if (day >= 0) position += 2
  else if (isDigit(bytes[at])) day = bytes[position++] - 48
  const between = bytes[position]
  if (day < 1 || (between !== space && between !== dash && between !== slash)) return false
  const month = monthAt(bytes, position + 1)
  if (month === 0) return false
  position += 4
  while (position < end && bytes[position] >= 97 && bytes[position] <= 122) position++
  if (bytes[position] !== between) return false
  position++
  let year = fourDigits(bytes, position)
  if (year >= 0) position += 4
  else {
    year = twoDigits(bytes, position)
    if (year < 0 || isDigit(bytes[position + 2])) return false
    year += year < 69 ? 2000 : 1900
    position += 2
  }
  if (bytes[position] === comma) position++
  if (bytes[position] !== space && bytes[position] !== colon && bytes[position] !== 84) return false
  return settle(bytes, position + 1, end, zone, instant, midnight(year, month, day))
}

/** Reads `2026 Nov 30 14:22:01`. */
export const readYearMonthName = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  instant: Instant
): boolean => {
  if (bytes[at + 4] !== space) return false
  const month = monthAt(bytes, at + 5)
  if (month === 0 || bytes[at + 8] !== space) return false
  const single = bytes[at + 9] === space || bytes[at + 10] === space
  const day = single ? bytes[at + (bytes[at + 9] === space ? 10 : 9)] - 48 : twoDigits(bytes, at + 9)
  const behind = single && bytes[at + 9] !== space ? at + 10 : at + 11
  if (bytes[behind] !== space) return false
  return settle(bytes, behind + 1, end, zone, instant, midnight(fourDigits(bytes, at), month, day))
}

/**
 * Reads `30.11.2026 14:22:01`, and with slashes either order where only one makes a date, or the order of the United
 * States where AM or PM follows. A date that could be two is none, which is better than a wrong one.
 */
export const readDayMonthYear = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  let position = at
  let first = twoDigits(bytes, position)
  if (first >= 0) position += 2
  else first = bytes[position++] - 48
  const separator = bytes[position++]
  if (separator !== slash && separator !== dot && separator !== dash) return false
  let second = twoDigits(bytes, position)
  if (second >= 0) position += 2
  else if (isDigit(bytes[position])) second = bytes[position++] - 48
  if (second < 0 || bytes[position++] !== separator) return false
  const year = fourDigits(bytes, position)
  position += 4
  if (year < 1970 || first < 1 || second < 1) return false
  if (bytes[position] === comma) position++
  if (bytes[position] !== space && bytes[position] !== 84) return false
  const dayFirst = separator !== slash || first > 12
  if (!dayFirst && second <= 12 && !hasHalf(bytes, position, end)) return false
  const day = dayFirst ? midnight(year, second, first) : midnight(year, first, second)
  return settle(bytes, position + 1, end, zone, instant, day)
}

const hasHalf = (bytes: Uint8Array, at: number, end: number): boolean => {
  const limit = Math.min(end - 1, at + 16)
  for (let i = at; i < limit; i++) {
    const letter = bytes[i] | 32
    if ((letter === 97 || letter === 112) && (bytes[i + 1] | 32) === 109) return true
  }
  return false
}

const hexAt = (bytes: Uint8Array, start: number, end: number): number => {
  let value = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]
    const letter = byte | 32
    const digit = isDigit(byte) ? byte - 48 : letter >= 97 && letter <= 102 ? letter - 87 : -1
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** TAI was ten seconds ahead when UTC began to be counted in whole seconds; daemontools writes no other difference. */
const taiSeconds = 10

/** Reads the label `@4000000043322583` and 8 digits of nanoseconds that multilog writes (TAI64N). */
export const readTai = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  if (at + 25 > end || bytes[at] !== 64 || bytes[at + 1] !== 52) return false
  const seconds = hexAt(bytes, at + 2, at + 17)
  const nanos = hexAt(bytes, at + 17, at + 25)
  if (seconds < 0 || nanos < 0 || nanos > 999_999_999) return false
  instant.millis = (seconds - taiSeconds) * 1000 + Math.floor(nanos / 1_000_000)
  instant.nanos = nanos % 1_000_000
  instant.zoned = true
  instant.end = at + 25
  return true
}

/** Reads the day alone, `YYYY-MM-DD`, as its midnight. */
export const readDay = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (end - at !== 10 || bytes[at + 4] !== dash || bytes[at + 7] !== dash) return false
  const day = midnight(fourDigits(bytes, at), twoDigits(bytes, at + 5), twoDigits(bytes, at + 8))
  if (Number.isNaN(day)) return false
  instant.millis = day - zone.offsetMinutes(day) * 60_000
  instant.nanos = 0
  instant.zoned = false
  instant.end = end
  return true
}

/** Reads Jackson's array of a local time: `[2026,11,30,14,22,1,345000000]`, seconds and nanoseconds optional. */
export const readArray = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (bytes[at] !== 91 || bytes[end - 1] !== 93 || end - at > 48) return false
  const parts: Array<number> = []
  for (const text of Buffer.from(bytes.buffer, bytes.byteOffset + at + 1, end - at - 2)
    .toString("latin1")
    .split(",")) {
    if (!/^\s*\d{1,9}\s*$/.test(text)) return false
    parts.push(Number(text))
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanos = 0] = parts
  if (parts.length < 5 || parts.length > 7 || year < 1970 || hour > 23 || minute > 59 || second > 60) return false
  const date = midnight(year, month, day)
  if (Number.isNaN(date)) return false
  instant.millis = date + ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nanos / 1_000_000)
  instant.nanos = nanos % 1_000_000
  instant.millis -= zone.offsetMinutes(instant.millis) * 60_000
  instant.zoned = false
  instant.end = end
  return true
}
