// Unit tests of times: points, zones, days and the local clock.
import { describe, expect, it } from "vitest"
import { dayNumber, isoNanos, isZone, localClock, pointNanos, timePoint } from "./time.ts"

const nanos = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n

describe("a point in time", () => {
  it.each([
    ["2026-11-01", "2026-11-01T00:00:00Z"],
    ["2026-11", "2026-11-01T00:00:00Z"],
    ["2026-11-01T10:30Z", "2026-11-01T10:30:00Z"],
    ["2026-11-01 10:30:15", "2026-11-01T10:30:15Z"],
    ["2026-11-01T10:30:15+02:00", "2026-11-01T08:30:15Z"],
    ["2026-11-01T10:30:15-0530", "2026-11-01T16:00:15Z"]
  ])("%s is %s", (text, expected) => expect(isoNanos(text)).toBe(nanos(expected)))

  it("keeps nanoseconds", () => {
    expect(isoNanos("2026-11-01T00:00:00.123456789Z")).toBe(nanos("2026-11-01T00:00:00Z") + 123_456_789n)
  })

  it.each(["2026-13-01", "2026-02-30", "2026-11-01T25:00", "2026-11-01T10:60", "soon", "", "1969-12-31"])(
    "%j is none",
    (text) => expect(isoNanos(text)).toBeUndefined()
  )

  it("counts from now, or from 1970 in seconds or milliseconds", () => {
    const now = 1_790_900_000_000
    const at = (raw: string) => {
      const point = timePoint(raw)
      return point === undefined ? undefined : pointNanos(point, now)
    }
    expect(at("now")).toBe(BigInt(now) * 1_000_000n)
    expect(at("now-1h")).toBe(BigInt(now - 3_600_000) * 1_000_000n)
    expect(at("now+1d")).toBe(BigInt(now + 86_400_000) * 1_000_000n)
    expect(at("1790900000")).toBe(1_790_900_000_000_000_000n)
    expect(at("1790900000000")).toBe(1_790_900_000_000_000_000n)
    expect(at("now-x")).toBeUndefined()
    expect(at("12345")).toBeUndefined()
  })
})

describe("the calendar", () => {
  it("knows zones by their names only", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]) expect(isZone(zone)).toBe(true)
    for (const zone of ["Mars/Olympus", "+01:00", "berlin", "'; DROP"]) expect(isZone(zone)).toBe(false)
  })

  it("knows days by name", () => {
    expect(["Mon", "tuesday", "SUN"].map(dayNumber)).toEqual([1, 2, 7])
    expect(["Mo", "Mond", "xyz"].map(dayNumber)).toEqual([undefined, undefined, undefined])
  })

  it("reads the local clock through changes of summer time", () => {
    const clock = localClock("Europe/Berlin")
    expect(clock(Date.parse("2026-03-29T00:59:59Z"))).toEqual({ second: 7_199, day: 7 })
    expect(clock(Date.parse("2026-03-29T01:00:00Z"))).toEqual({ second: 3 * 3_600, day: 7 })
    expect(clock(Date.parse("2026-10-25T01:00:00Z"))).toEqual({ second: 2 * 3_600, day: 7 })
    expect(localClock("Asia/Kolkata")(Date.parse("2026-11-20T18:30:00Z"))).toEqual({ second: 0, day: 6 })
  })
})
