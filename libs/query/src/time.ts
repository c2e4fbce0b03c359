// Time: points, zones and calendar ranges of the language.
import type { TimePoint } from "./ast.ts"
import { durationMillis } from "./value.ts"

const iso =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?$/i

/** Nanoseconds since 1970 of an ISO 8601 time (date, minutes, seconds or up to nine decimals; UTC unless it says a zone). */
export const isoNanos = (text: string): bigint | undefined => {
  const match = iso.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day = "01", hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match
  const millis = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const date = new Date(millis)
  const real =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!real || millis < 0 || Number(year) > 2200) return undefined
  const offset = /^z$/i.test(zone)
    ? 0
    : (zone[0] === "-" ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)))
  return BigInt(millis - offset * 60_000) * 1_000_000n + BigInt(fraction.padEnd(9, "0") || "0")
}

/** `now`, `now-1h`, an ISO time, or milliseconds or seconds since 1970. */
export const timePoint = (raw: string): TimePoint | undefined => {
  if (raw === "now") return { fromNow: 0, raw }
  const relative = /^now([+-])(.+)$/.exec(raw)
  if (relative !== null) {
    const millis = durationMillis(relative[2] as string)
    return millis === undefined ? undefined : { fromNow: relative[1] === "-" ? -millis : millis, raw }
  }
  if (/^\d{10}$/.test(raw)) return { nanos: BigInt(raw) * 1_000_000_000n, raw }
  if (/^\d{13}$/.test(raw)) return { nanos: BigInt(raw) * 1_000_000n, raw }
  const nanos = isoNanos(raw)
  return nanos === undefined ? undefined : { nanos, raw }
}

/** Nanoseconds since 1970 of a point, given now in milliseconds. */
export const pointNanos = (point: TimePoint, now: number): bigint =>
  "nanos" in point ? point.nanos : BigInt(Math.round(now + point.fromNow)) * 1_000_000n

/** Whether a name is a time zone, such as Europe/Berlin, UTC or (in both back ends alike) nothing else. */
export const isZone = (name: string): boolean => {
  if (!/^(UTC|GMT|[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z_+-]+){1,2})$/.test(name)) return false
  if (zones.has(name)) return true
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
    zones.add(name)
    return true
  } catch {
    return false
  }
}

// Names found to be zones; there are some 600 of them, so the set stays small.
const zones = new Set<string>()

const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

/** 1 (Monday) to 7 (Sunday) of a day's name, in full or its first three letters; undefined when it is none. */
export const dayNumber = (name: string): number | undefined => {
  const index = dayNames.indexOf(name.slice(0, 3).toLowerCase())
  const full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][index]
  return full !== undefined && (name.length === 3 || name.toLowerCase() === full) ? index + 1 : undefined
}

/** Monday to Friday, 09:00 to 18:00 exclusive. */
export const businessHours = { first: 1, last: 5, start: 9 * 3_600, end: 18 * 3_600 } as const

const quarterHour = 900_000

/** Local calendar of a zone: milliseconds since 1970 to seconds of the local day and local weekday. Offsets are cached by quarter hour. */
export const localClock = (zone: string): ((millis: number) => { readonly second: number; readonly day: number }) => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric"
  })
  const offsets = new Map<number, number>()
  const offsetAt = (millis: number): number => {
    const quarter = Math.floor(millis / quarterHour)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    const at = quarter * quarterHour
    const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, Number(part.value)]))
    const local = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second)
    if (offsets.size > 10_000) offsets.clear()
    offsets.set(quarter, local - at)
    return local - at
  }
  return (millis) => {
    const seconds = Math.floor((millis + offsetAt(millis)) / 1_000)
    const days = Math.floor(seconds / 86_400)
    return { second: seconds - days * 86_400, day: ((((days + 3) % 7) + 7) % 7) + 1 }
  }
}
