// Zones behind a time of day: offsets, abbreviations, IANA names and AM or PM, applied to what was read before them.
import { decodeUtf8 } from "@tailrace/domain/utf8"
import { type Instant, isDigit, twoDigits } from "./instant.ts"
import { makeZone, type Zone } from "./zone.ts"
import { capitalsAt, foundOffset, isFoundAmbiguous, isKnown } from "./zone-names.ts"

const dash = 45
const plus = 43
const colon = 58
const space = 32
const openBracket = 91
const closeBracket = 93
const openParenthesis = 40
const closeParenthesis = 41
const slash = 47
const hourMillis = 3_600_000
const dayMillis = 24 * hourMillis

/** Reads `+hh:mm`, `+hhmm` or `+hh` at `at` and applies it to `instant`; false when it is no offset. */
export const readOffset = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  if (at + 3 > end) return false
  const hours = twoDigits(bytes, at + 1)
  if (hours < 0 || hours > 23) return false
  let position = at + 3
  let minutes = 0
  const minutesAt = bytes[position] === colon ? position + 1 : position
  if (minutesAt + 2 <= end) {
    const value = twoDigits(bytes, minutesAt)
    if (value >= 0 && value < 60) {
      minutes = value
      position = minutesAt + 2
    }
  }
  const total = (hours * 60 + minutes) * 60_000
  instant.millis += bytes[at] === dash ? total : -total
  instant.zoned = true
  instant.end = position
  return true
}

/** `+hhmm`, `+hh:mm` or `+hh` standing alone: what follows is no digit. */
const isOffset = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (twoDigits(bytes, at + 1) < 0 || at + 3 > end) return false
  if (at + 3 === end) return true
  const minutesAt = bytes[at + 3] === colon ? at + 4 : at + 3
  if (minutesAt + 2 <= end && twoDigits(bytes, minutesAt) >= 0) return !isDigit(bytes[minutesAt + 2])
  return bytes[at + 3] === space || bytes[at + 3] === closeBracket
}

/**
 * Reads what says the zone at `at`, behind a time of day and its fraction, and moves `instant` from local time to UTC.
 * Answers whether there was any; then `instant.end` is the position behind it. A name that several zones have, or that
 * nobody knows where nothing but a zone can stand, is left in `instant.zoneStart` and `zoneEnd` to be said.
 */
export const readZone = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  let position = at
  const mark = bytes[at]
  if (mark === space) position++
  const next = bytes[position]
  if (position >= end) return false
  if (next === plus || next === dash) {
    const fits = mark === space ? isOffset(bytes, position, end) : twoDigits(bytes, position + 1) >= 0
    return fits && readOffset(bytes, position, end, instant) && withName(bytes, end, instant)
  }
  if (next >= 65 && next <= 90) return readName(bytes, position, end, zone, instant, mark !== space)
  if ((next === 97 || next === 112) && isHalf(bytes, position, end))
    return readHalf(bytes, position, end, zone, instant)
  if (next === openBracket || next === openParenthesis) return readEnclosed(bytes, position, end, zone, instant)
  // The minus sign of Unicode.
  if (next === 0xe2 && bytes[position + 1] === 0x88 && bytes[position + 2] === 0x92) {
    const before = instant.millis
    if (!readOffset(bytes, position + 2, end, instant)) return false
    instant.millis = before + (before - instant.millis)
    return true
  }
  return false
}

/** Java's `[Europe/Berlin]` and Go's ` CET` behind an offset say nothing more. */
const withName = (bytes: Uint8Array, end: number, instant: Instant): boolean => {
  const at = instant.end
  if (bytes[at] === openBracket && at < end) {
    const behind = nameEnd(bytes, at + 1, end)
    if (bytes[behind] === closeBracket && isArea(bytes, at + 1, behind)) instant.end = behind + 1
  } else if (bytes[at] === space && at + 3 < end) {
    const length = capitalsAt(bytes, at + 1, end)
    if (isKnown(foundOffset(length))) instant.end = at + 1 + length
  }
  return true
}

const readName = (
  bytes: Uint8Array,
  at: number,
  end: number,
  zone: Zone,
  instant: Instant,
  glued: boolean
): boolean => {
  const second = bytes[at + 1]
  if (second >= 97 && second <= 122) {
    const behind = nameEnd(bytes, at, end)
    return isArea(bytes, at, behind) && applyArea(bytes, at, behind, instant)
  }
  const length = capitalsAt(bytes, at, end)
  if (length === 2 && isHalf(bytes, at, end)) return readHalf(bytes, at, end, zone, instant)
  const minutes = foundOffset(length)
  const behind = at + length
  if (isKnown(minutes)) {
    // `GMT+2` and `UTC+02:00`.
    if (minutes === 0 && (bytes[behind] === plus || bytes[behind] === dash) && behind < end)
      return readStep(bytes, behind, end, instant)
    if (isFoundAmbiguous()) say(instant, at, behind)
    instant.millis -= minutes * 60_000
    instant.zoned = true
    instant.end = behind
    return true
  }
  if (glued && length >= 3 && bytes[behind] === space) {
    // Nothing but a zone is glued to a time.
    say(instant, at, behind)
    instant.end = behind
    instant.zoned = false
    instant.millis -= zone.offsetMinutes(instant.millis) * 60_000
    return true
  }
  return false
}

const readStep = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  if (twoDigits(bytes, at + 1) >= 0) return readOffset(bytes, at, end, instant)
  if (!isDigit(bytes[at + 1]) || at + 1 >= end) return false
  instant.millis += (bytes[at] === dash ? 1 : -1) * (bytes[at + 1] - 48) * hourMillis
  instant.zoned = true
  instant.end = at + 2
  return true
}

const say = (instant: Instant, start: number, end: number): void => {
  instant.zoneStart = start
  instant.zoneEnd = end
}

/** `AM` or `PM`, also in small letters, and no longer word. */
const isHalf = (bytes: Uint8Array, at: number, end: number): boolean => {
  const first = bytes[at] | 32
  if ((first !== 97 && first !== 112) || at + 2 > end || (bytes[at + 1] | 32) !== 109) return false
  const next = at + 2 < end ? bytes[at + 2] : space
  return !isDigit(next) && ((next | 32) < 97 || (next | 32) > 122)
}

const readHalf = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  const hour = Math.floor((((instant.millis % dayMillis) + dayMillis) % dayMillis) / hourMillis)
  if (hour > 12) return false
  const isAfternoon = (bytes[at] | 32) === 112
  if (isAfternoon && hour < 12) instant.millis += 12 * hourMillis
  else if (!isAfternoon && hour === 12) instant.millis -= 12 * hourMillis
  const behind = at + 2
  const mark = bytes[behind]
  if (behind < end && mark === space && readZone(bytes, behind, end, zone, instant)) return true
  instant.zoned = false
  instant.millis -= zone.offsetMinutes(instant.millis) * 60_000
  instant.end = behind
  return true
}

/** `(UTC)`, `[CET]`, `[Europe/Berlin]`. */
const readEnclosed = (bytes: Uint8Array, at: number, end: number, zone: Zone, instant: Instant): boolean => {
  const closing = bytes[at] === openBracket ? closeBracket : closeParenthesis
  const behind = nameEnd(bytes, at + 1, end)
  if (behind >= end || bytes[behind] !== closing || behind === at + 1) return false
  const { millis, zoneEnd } = instant
  if (!readName(bytes, at + 1, behind, zone, instant, false) || instant.end !== behind) {
    instant.millis = millis
    instant.zoneEnd = zoneEnd
    return false
  }
  instant.end = behind + 1
  return true
}

const longestZone = 40

const nameEnd = (bytes: Uint8Array, at: number, end: number): number => {
  const limit = Math.min(end, at + longestZone)
  let position = at
  while (position < limit && isNameByte(bytes[position])) position++
  return position
}

const isNameByte = (byte: number): boolean =>
  ((byte | 32) >= 97 && (byte | 32) <= 122) || (byte >= 43 && byte <= 57 && byte !== 44 && byte !== 46) || byte === 95

const areas = new Set([
  ...[
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
    "Etc"
  ]
])

/** Whether a name is one of IANA's: an area of the world, a slash, a place. */
const isArea = (bytes: Uint8Array, at: number, end: number): boolean => {
  let position = at
  while (position < end && bytes[position] !== slash) position++
  if (position - at < 3 || position - at > 10 || position >= end) return false
  return areas.has(decodeUtf8(bytes, at, position))
}

const zones = new Map<string, Zone | undefined>()
const mostZones = 1024

const applyArea = (bytes: Uint8Array, at: number, end: number, instant: Instant): boolean => {
  const name = decodeUtf8(bytes, at, end)
  let zone = zones.get(name)
  if (zone === undefined && !zones.has(name)) {
    if (zones.size >= mostZones) zones.clear()
    zone = makeZone(name)
    zones.set(name, zone)
  }
  instant.end = end
  instant.zoned = zone !== undefined
  if (zone === undefined) say(instant, at, end)
  else instant.millis -= zone.offsetMinutes(instant.millis) * 60_000
  return true
}
