// Time meaning: `time:` specifications as primitive tests.
import type { TimePoint, TimeSpec } from "./ast.ts"
import type { Test } from "./primitive-test.ts"
import { businessHours, pointNanos } from "./time.ts"

/** The tests of a time specification, given now in milliseconds since 1970. */
export const timeTest = (spec: TimeSpec, now: number): Test => {
  switch (spec._tag) {
    case "Last":
      return { _tag: "Time", operator: ">=", nanos: pointNanos({ fromNow: -spec.millis, raw: spec.raw }, now) }
    case "Between": {
      const bound = (operator: "<" | "<=" | ">" | ">=", point: TimePoint | undefined): ReadonlyArray<Test> =>
        point === undefined ? [] : [{ _tag: "Time", operator, nanos: pointNanos(point, now) }]
      return {
        _tag: "And",
        tests: [
          ...bound(spec.lowInclusive ? ">=" : ">", spec.low),
          ...bound(spec.highInclusive ? "<=" : "<", spec.high)
        ]
      }
    }
    case "DayRange":
      return {
        _tag: "DayTime",
        start: spec.startInclusive ? spec.start : spec.start + 1,
        end: spec.endInclusive ? spec.end + 1 : spec.end,
        zone: spec.zone
      }
    case "WeekRange":
      return { _tag: "Weekday", first: spec.first, last: spec.last, zone: spec.zone }
    case "BusinessHours":
      return {
        _tag: "And",
        tests: [
          { _tag: "Weekday", first: businessHours.first, last: businessHours.last, zone: spec.zone },
          { _tag: "DayTime", start: businessHours.start, end: businessHours.end, zone: spec.zone }
        ]
      }
  }
}
