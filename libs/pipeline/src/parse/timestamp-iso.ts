// Timestamps whose date is written year first: ISO 8601, RFC 3339 and the forms that loggers make of them.
import { clock, fourDigits, fraction, type Instant, isDigit, midnight, twoDigits } from "./instant.ts"
import { readZone } from "./timestamp-zone.ts"
import type { Zone } from "./zone.ts"

const dash = 45
const slash = 47
const dot = 46
const colon = 58
const comma = 44
const space = 32
const closeBracket = 93

// The minute of the last timestamp, by the digits of its date, hour and minute: neighbouring records share theirs.
let yearDigits = 0
let dayDigits = 0
let minuteDigits = 0
let minuteMillis = -1

const digitsAt = (bytes: Uint8Array, first: number, second: number): number =>
  (bytes[first] << 24) | (bytes[first + 1] << 16) | (bytes[second] << 8) | bytes[second + 1]

/**
 * Reads the common `YYYY-MM-DDThh:mm:ss[.fff]Z` of a known minute; answers false for anything else, which is then
 * read with care.
 */
const readSameMinute = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  if (digitsAt(bytes, at + 11, at + 14) !== minuteDigits || digitsAt(bytes, at + 5, at + 8) !== dayDigits) return false
  if (digitsAt(bytes, at, at + 2) !== yearDigits || bytes[at + 13] !== colon || bytes[at + 16] !== colon) return false
  const tens = bytes[at + 17] - 48
  const ones = bytes[at + 18] - 48
  if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return false
  let millis = (tens * 10 + ones) * 1000
  let position = at + 19
  if (bytes[position] === dot) {
    const hundreds = bytes[at + 20] - 48
    const middle = bytes[at + 21] - 48
    const last = bytes[at + 22] - 48
    if (hundreds < 0 || hundreds > 9 || middle < 0 || middle > 9 || last < 0 || last > 9) return false
    millis += hundreds * 100 + middle * 10 + last
    position = at + 23
  }
  if (position >= end || bytes[position] !== 90) return false
  instant.millis = minuteMillis + millis
  instant.nanos = 0
  instant.zoned = true
  instant.end = position + 1
  return true
}

/**
 * Reads `YYYY-MM-DD` (also `/` or `.` between), one of `T t space _ -`, `hh:mm[:ss]`, an optional fraction after `.` or
 * `,`, and an optional zone (`Z`, `+hh:mm`, `+hhmm`, `+hh`, ` +hhmm`, ` UTC`). Answers whether it was one.
 */
export const readIso = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  const separator = bytes[at + 4]
  if (separator !== bytes[at + 7] || (separator !== dash && separator !== slash && separator !== dot)) return false
  if (end - at < 16) return false
  if (separator === dash && minuteMillis >= 0 && bytes[at + 10] === 84 && readSameMinute(bytes, at, end, instant))
    return true
  const year = fourDigits(bytes, at)
  if (year < 0) return false
  const day = midnight(year, twoDigits(bytes, at + 5), twoDigits(bytes, at + 8))
  if (Number.isNaN(day)) return false
  const between = bytes[at + 10]
  if (between !== 84 && between !== space && between !== 116 && between !== 95 && between !== dash) return false
  let position = at + 19
  let time = position <= end ? clock(bytes, at + 11, colon) : -1
  if (time < 0) {
    time = between === dash && position <= end ? clock(bytes, at + 11, dot) : -1
    if (time < 0) {
      time = hourAndMinute(bytes, at + 11)
      if (time < 0) return false
      position = at + 16
    }
  } else if (between === 84 && separator === dash) {
    yearDigits = digitsAt(bytes, at, at + 2)
    dayDigits = digitsAt(bytes, at + 5, at + 8)
    minuteDigits = digitsAt(bytes, at + 11, at + 14)
    minuteMillis = day + Math.floor(time / 60_000) * 60_000
  }
  instant.millis = day + time
  instant.nanos = 0
  return finish(bytes, position, end, zone, instant)
}

const hourAndMinute = (bytes: Uint8Array, at: number): number => {
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || bytes[at + 2] !== colon || bytes[at + 5] === colon)
    return -1
  return hour * 3_600_000 + minute * 60_000
}

/** Reads compact forms: `YYYYMMDD` with `T`, `-` or a space, then `hhmmss` or `hh:mm:ss`, a fraction and a zone. */
export const readCompactIso = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (end - at < 15) return false
  const between = bytes[at + 8]
  if (between !== 84 && between !== dash && between !== space) return false
  const year = fourDigits(bytes, at)
  if (year < 0) return false
  const day = midnight(year, twoDigits(bytes, at + 4), twoDigits(bytes, at + 6))
  if (Number.isNaN(day)) return false
  let position = at + 17
  let time = position <= end ? clock(bytes, at + 9, colon) : -1
  if (time < 0) {
    const hour = twoDigits(bytes, at + 9)
    const minute = twoDigits(bytes, at + 11)
    const second = twoDigits(bytes, at + 13)
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false
    time = hour * 3_600_000 + minute * 60_000 + second * 1000
    position = at + 15
  } else if (bytes[position] === colon && isDigit(bytes[position + 1])) {
    instant.millis = day + time
    instant.nanos = 0
    return finish(bytes, fraction(bytes, position + 1, end, instant), end, zone, instant)
  }
  instant.millis = day + time
  instant.nanos = 0
  return finish(bytes, position, end, zone, instant)
}

/**
 * Reads what may follow the seconds (a fraction, a zone) and moves `instant` from local time to UTC. A digit right
 * behind means that the text was something else.
 */
export const finish = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  let position = at
  if (position < end) {
    const mark = bytes[position]
    if ((mark === dot || mark === comma) && position + 1 < end && isDigit(bytes[position + 1])) {
      position = fraction(bytes, position + 1, end, instant)
    } else if (isDigit(mark)) return false
  }
  if (position < end) {
    const mark = bytes[position]
    if ((mark === 90 || mark === 122) && !isLetter(bytes[position + 1], position + 1 < end)) {
      instant.zoned = true
      instant.end = position + 1
      return true
    }
    if (mark !== closeBracket && readZone(bytes, position, end, zone, instant)) return true
  }
  instant.zoned = false
  instant.millis -= zone.offsetMinutes(instant.millis) * 60_000
  instant.end = position
  return true
}

const isLetter = (byte: number, inside: boolean): boolean => inside && (byte | 32) >= 97 && (byte | 32) <= 122
