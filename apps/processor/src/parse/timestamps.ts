// Timestamps: reads any common form from bytes, and guards against clocks that are far off.
import { type Instant, isDigit } from "./instant.ts"
import { readCompactIso, readIso } from "./timestamp-iso.ts"
import { readCommonLog, readDayName, readMonthFirst } from "./timestamp-month-name.ts"
import { readEpoch, readMonthDay, readShortYear, readSixDigits } from "./timestamp-short.ts"
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
  const first = bytes[at]
  if (isDigit(first)) {
    const third = bytes[at + 2]
    if (isDigit(third)) {
      if (readIso(bytes, at, end, context.zone, instant)) return true
      return (
        readSixDigits(bytes, at, end, context.zone, instant) || readCompactIso(bytes, at, end, context.zone, instant)
      )
    }
    if (bytes[at + 6] === third) return readCommonLog(bytes, at, end, context.zone, instant)
    return (
      readShortYear(bytes, at, end, context.zone, instant) ||
      readMonthDay(bytes, at, end, context.zone, context.nearMillis, instant)
    )
  }
  if ((first | 32) < 97 || (first | 32) > 122) return false
  return (
    readMonthFirst(bytes, at, end, context.zone, context.nearMillis, instant) ||
    readDayName(bytes, at, end, context.zone, context.nearMillis, instant)
  )
}

/**
 * Reads a field's whole value as a timestamp, spaces around it aside: any form of `readTimestamp` with nothing behind
 * it, or a number since the epoch in seconds, milliseconds, microseconds or nanoseconds by its magnitude.
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
  if (readTimestamp(bytes, from, to, context, instant) && instant.end === to) return true
  return readEpoch(bytes, from, to, instant)
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
