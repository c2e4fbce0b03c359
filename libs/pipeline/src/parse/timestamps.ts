// Timestamps: reads any common form from bytes, and guards against clocks that are far off.
import { type Instant, isDigit } from "./instant.ts"
import {
  readArray,
  readDay,
  readDayMonthName,
  readDayMonthYear,
  readPaddedHour,
  readTai,
  readYearMonthName
} from "./timestamp-day-first.ts"
import { readEpoch, readEpochValue } from "./timestamp-epoch.ts"
import { readCompactIso, readIso } from "./timestamp-iso.ts"
import { behindDayName, readCommonLog, readMonthFirst } from "./timestamp-month-name.ts"
import { readMonthDay, readShortYear, readSixDigits } from "./timestamp-short.ts"
import { utc, type Zone } from "./zone.ts"

/** What reading a timestamp needs to know beside its text. */
export interface TimeContext {
  /** Zone of timestamps that state none. */
  readonly zone: Zone
  /** Milliseconds of the record's received-at: gives the year to timestamps without one. */
  nearMillis: number
}

export const makeTimeContext = (zone: Zone = utc): TimeContext => ({ zone, nearMillis: 0 })

/**
 * Reads a timestamp that begins at `at` into `instant`, whatever follows it. Numbers since the epoch are not looked for
 * here, because any number could be one; see `readTimestampValue`.
 */
export const readTimestamp = (
  bytes: Uint8Array,
  at: number,
  end: number,
  context: TimeContext,
  instant: Instant
): boolean => {
  if (end - at < 13) return false
  const { nearMillis, zone } = context
  instant.zoneStart = 0
  instant.zoneEnd = 0
  const first = bytes[at]
  if (isDigit(first)) {
    if (isDigit(bytes[at + 2]) && isDigit(bytes[at + 1])) {
      if (readIso(bytes, at, end, zone, instant)) return true
      return (
        readSixDigits(bytes, at, end, zone, instant) ||
        readCompactIso(bytes, at, end, zone, instant) ||
        readPaddedHour(bytes, at, end, zone, instant) ||
        readYearMonthName(bytes, at, end, zone, instant)
      )
    }
    return (
      readCommonLog(bytes, at, end, zone, instant) ||
      readShortYear(bytes, at, end, zone, instant) ||
      readMonthDay(bytes, at, end, zone, nearMillis, instant) ||
      readDayMonthName(bytes, at, end, zone, instant) ||
      readDayMonthYear(bytes, at, end, zone, instant)
    )
  }
  if (first === 64) return readTai(bytes, at, end, instant)
  if ((first | 32) < 97 || (first | 32) > 122) return false
  if (readMonthFirst(bytes, at, end, zone, nearMillis, instant)) return true
  const date = behindDayName(bytes, at, end)
  return (
    date > 0 &&
    (readMonthFirst(bytes, date, end, zone, nearMillis, instant) || readDayMonthName(bytes, date, end, zone, instant))
  )
}

/**
 * Reads a field's whole value as a timestamp, spaces around it aside: any form of `readTimestamp` with nothing behind it, a
 * day alone, a number since the epoch in seconds, milliseconds, microseconds or nanoseconds by its magnitude, or what
 * libraries make of times in JSON (`/Date(ms)/`, arrays of numbers).
 */
export const readTimestampValue = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: TimeContext,
  instant: Instant
): boolean => {
  let from = start
  let to = end
  while (from < to && bytes[from] <= 32) from++
  while (to > from && bytes[to - 1] <= 32) to--
  if (readTimestamp(bytes, from, to, context, instant) && (instant.end === to || isMonotonic(bytes, instant.end, to)))
    return true
  instant.zoneStart = 0
  instant.zoneEnd = 0
  return (
    readEpochValue(bytes, from, to, instant) ||
    readDay(bytes, from, to, context.zone, instant) ||
    readArray(bytes, from, to, context.zone, instant)
  )
}

/** Go's reading of the monotonic clock behind a time: ` m=+0.001`. */
const isMonotonic = (bytes: Uint8Array, at: number, end: number): boolean =>
  bytes[at] === 32 && bytes[at + 1] === 109 && bytes[at + 2] === 61 && end - at > 4

/** Reads whole seconds since the epoch and nanoseconds behind them, as protobuf's Timestamp has them. */
export const readSecondsAndNanos = (
  seconds: Uint8Array,
  from: number,
  to: number,
  nanos: Uint8Array,
  nanosFrom: number,
  nanosTo: number,
  instant: Instant
): boolean => {
  if (to - from > 11 || !readEpoch(seconds, from, to, instant)) return false
  let value = 0
  for (let i = nanosFrom; i < nanosTo; i++) {
    if (!isDigit(nanos[i]) || i - nanosFrom > 8) return true
    value = value * 10 + nanos[i] - 48
  }
  instant.millis += Math.floor(value / 1_000_000)
  instant.nanos = value % 1_000_000
  return true
}

/** Limits of the timestamps that are believed. */
export interface SkewGuard {
  /** Milliseconds that a timestamp may lie after received-at. */
  readonly maximumFutureMillis: number
  /** Milliseconds since the epoch of the oldest timestamp believed. */
  readonly oldestMillis: number
}

/** Whether a timestamp is believable for a record received at `nearMillis`. */
export const isBelievable = (millis: number, nearMillis: number, guard: SkewGuard): boolean =>
  millis <= nearMillis + guard.maximumFutureMillis && millis >= guard.oldestMillis
