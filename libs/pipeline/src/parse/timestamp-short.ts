// Timestamps with a short or missing year: Spark, HDFS, Android, klog and their like.
import { clock, type Instant, isDigit, midnight, twoDigits } from "./instant.ts"
import { finish } from "./timestamp-iso.ts"
import { yearlessDay } from "./timestamp-month-name.ts"
import type { Zone } from "./zone.ts"

const colon = 58
const space = 32

// POSIX reads two-digit years 69..99 as 19xx.
const fullYear = (twoDigitYear: number): number =>
  twoDigitYear < 0 ? -1 : twoDigitYear < 69 ? 2000 + twoDigitYear : 1900 + twoDigitYear

const settle = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant, millis: number): boolean => {
  if (Number.isNaN(millis)) return false
  instant.millis = millis
  instant.nanos = 0
  return finish(bytes, at, end, zone, instant)
}

/** Reads `YY/MM/DD hh:mm:ss` (Spark, log4j). */
export const readShortYear = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (end - at < 17 || bytes[at + 2] !== 47 || bytes[at + 5] !== 47 || bytes[at + 8] !== space) return false
  const time = clock(bytes, at + 9, colon)
  if (time < 0) return false
  return settle(
    bytes,
    at + 17,
    end,
    zone,
    instant,
    midnight(fullYear(twoDigits(bytes, at)), twoDigits(bytes, at + 3), twoDigits(bytes, at + 6)) + time
  )
}

/** Reads `YYMMDD hhmmss` (HDFS) and `YYMMDD hh:mm:ss` (older MySQL); the hour may stand as ` 1`. */
export const readSixDigits = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  if (end - at < 13 || bytes[at + 6] !== space) return false
  const day = midnight(fullYear(twoDigits(bytes, at)), twoDigits(bytes, at + 2), twoDigits(bytes, at + 4))
  if (Number.isNaN(day)) return false
  const spelled = at + 15 <= end ? clock(bytes, at + 7, colon) : -1
  if (spelled >= 0) return settle(bytes, at + 15, end, zone, instant, day + spelled)
  const hour = twoDigits(bytes, at + 7)
  const minute = twoDigits(bytes, at + 9)
  const second = twoDigits(bytes, at + 11)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false
  return settle(bytes, at + 13, end, zone, instant, day + hour * 3_600_000 + minute * 60_000 + second * 1000)
}

/** Reads `MM-DD hh:mm:ss[.fff]` (Android; also `MM.DD`), the year from `nearMillis`. */
export const readMonthDay = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  nearMillis: number,
  instant: Instant
): boolean => {
  if (end - at < 14 || (bytes[at + 2] !== 45 && bytes[at + 2] !== 46) || bytes[at + 5] !== space) return false
  const time = clock(bytes, at + 6, colon)
  if (time < 0) return false
  return settle(
    bytes,
    at + 14,
    end,
    zone,
    instant,
    yearlessDay(twoDigits(bytes, at), twoDigits(bytes, at + 3), time, nearMillis) + time
  )
}

/** Reads the header of klog and glog, `MMDD hh:mm:ss.ffffff` behind its severity letter; glog may put the year before. */
export const readKlog = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  nearMillis: number,
  instant: Instant
): boolean => {
  let position = at
  let year = -1
  if (bytes[at + 8] === space && isDigit(bytes[at + 7])) {
    year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
    position = at + 4
  }
  if (end - position < 13 || bytes[position + 4] !== space || bytes[position + 13] !== 46) return false
  const time = clock(bytes, position + 5, colon)
  const month = twoDigits(bytes, position)
  const day = twoDigits(bytes, position + 2)
  if (time < 0 || month < 0 || day < 0) return false
  const date = year > 0 ? midnight(year, month, day) : yearlessDay(month, day, time, nearMillis)
  return settle(bytes, position + 13, end, zone, instant, date + time)
}
