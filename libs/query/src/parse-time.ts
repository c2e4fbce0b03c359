// Parse time: the specifications behind `time:`.
import type { Node, TimePoint, TimeSpec } from "./ast.ts"
import type { FieldAt, Scanner } from "./scanner.ts"
import { dayNumber, isZone, timePoint } from "./time.ts"
import { durationMillis } from "./value.ts"

const dayRange = /day_range\s*([[(])\s*(\d{1,2}):(\d{2})\s*,\s*(\d{1,2}):(\d{2})\s*([\])])/uy
const weekRange = /week_range\s*\[\s*([A-Za-z]+)\s*,\s*([A-Za-z]+)\s*\]/uy
const businessHours = /business_hours(?![\w])/uy
const zoneName = /\s+([A-Z][A-Za-z_]+(?:\/[A-Za-z_+-]+){1,2}|UTC|GMT)(?![\w:=])/uy

/** The node behind `time:`; undefined (with its error) when it makes no sense. */
export const parseTime = (scanner: Scanner, field: FieldAt): Node | undefined => {
  scanner.skipSpace()
  const from = scanner.position
  const spec = specHere(scanner)
  if (spec === undefined) {
    if (scanner.position === from) scanner.takeValue("")
    const span = { from: field.from, to: Math.max(scanner.position, field.to + 1) }
    scanner.report(
      span,
      "bad_time",
      "a time looks like time:15m, time:[2026-11-01 TO now-1h], time:day_range[09:00,17:00) Europe/Berlin, time:week_range[Mon,Fri] or time:business_hours"
    )
    return undefined
  }
  return { _tag: "Time", spec, from: field.from, to: scanner.position }
}

const specHere = (scanner: Scanner): TimeSpec | undefined => {
  if (scanner.peek() === "[" || scanner.peek() === "{") return between(scanner)
  const day = taken(scanner, dayRange)
  if (day !== undefined) {
    const start = secondsOf(day[2], day[3])
    const end = secondsOf(day[4], day[5])
    if (start === undefined || end === undefined) return undefined
    const zone = zoneHere(scanner)
    return zone === undefined
      ? undefined
      : { _tag: "DayRange", start, end, startInclusive: day[1] === "[", endInclusive: day[6] === "]", zone }
  }
  const week = taken(scanner, weekRange)
  if (week !== undefined) {
    const first = dayNumber(week[1] ?? "")
    const last = dayNumber(week[2] ?? "")
    const zone = zoneHere(scanner)
    return first === undefined || last === undefined || zone === undefined
      ? undefined
      : { _tag: "WeekRange", first, last, zone }
  }
  if (taken(scanner, businessHours) !== undefined) {
    const zone = zoneHere(scanner)
    return zone === undefined ? undefined : { _tag: "BusinessHours", zone }
  }
  const value = scanner.takeValue("")
  const millis = value === undefined || value.quoted ? undefined : durationMillis(value.raw)
  return value === undefined || millis === undefined || millis <= 0 || millis > 1e13
    ? undefined
    : { _tag: "Last", millis, raw: value.raw }
}

const taken = (scanner: Scanner, pattern: RegExp): RegExpExecArray | undefined => {
  const match = scanner.match(pattern)
  if (match !== undefined) scanner.position += match[0].length
  return match
}

const secondsOf = (hours: string | undefined, minutes: string | undefined): number | undefined => {
  const seconds = Number(hours) * 3_600 + Number(minutes) * 60
  return Number(minutes) < 60 && seconds <= 86_400 ? seconds : undefined
}

/** The zone named here, UTC when none is; undefined when the name is no zone. */
const zoneHere = (scanner: Scanner): string | undefined => {
  const match = taken(scanner, zoneName)
  if (match === undefined) return "UTC"
  return isZone(match[1] ?? "") ? match[1] : undefined
}

const between = (scanner: Scanner): TimeSpec | undefined => {
  const lowInclusive = scanner.peek() === "["
  scanner.position++
  scanner.skipSpace()
  const low = scanner.takeValue("]}")
  scanner.skipSpace()
  if (low === undefined || !scanner.takeWord("TO", true)) return undefined
  scanner.skipSpace()
  const high = scanner.takeValue("]}")
  scanner.skipSpace()
  const highInclusive = scanner.peek() === "]"
  if (high === undefined || !(scanner.take("]") || scanner.take("}"))) return undefined
  const points = [low, high].map((value): TimePoint | "open" | undefined =>
    !value.quoted && value.raw === "*" ? "open" : timePoint(value.text)
  )
  const [first, second] = points
  if (first === undefined || second === undefined) return undefined
  return {
    _tag: "Between",
    low: first === "open" ? undefined : first,
    high: second === "open" ? undefined : second,
    lowInclusive,
    highInclusive
  }
}
