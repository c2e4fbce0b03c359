// Tests of timestamps: every form, zone and edge.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Instant } from "./instant.ts"
import { makeTimeContext, readTimestamp, readTimestampValue } from "./timestamps.ts"
import { makeZone, utc } from "./zone.ts"

const near = Date.UTC(2026, 10, 21)

const read = (text: string, options: { zone?: string; near?: number; value?: boolean } = {}): string | undefined => {
  const context = makeTimeContext(options.zone === undefined ? utc : makeZone(options.zone))
  context.nearMillis = options.near ?? near
  const instant = new Instant()
  const bytes = encodeUtf8(text)
  const reader = options.value === true ? readTimestampValue : readTimestamp
  if (!reader(bytes, 0, bytes.length, context, instant)) return undefined
  const iso = new Date(instant.millis).toISOString().slice(0, 23)
  const nanos = instant.nanos === 0 ? "" : String(instant.nanos).padStart(6, "0")
  return `${iso}${nanos}|${text.slice(instant.end)}`
}

describe("timestamps", () => {
  it.each([
    ["2026-01-19T10:30:00Z", "2026-01-19T10:30:00.000|"],
    ["2026-01-19 10:30:00 ERROR", "2026-01-19T10:30:00.000| ERROR"],
    ["2026-01-19t10:30:00.5z", "2026-01-19T10:30:00.500|"],
    ["2026-01-19T10:30:00.123456789Z", "2026-01-19T10:30:00.123456789|"],
    ["2026-01-19T10:30:00.1234567891Z", "2026-01-19T10:30:00.123456789|"],
    ["2026-01-19T10:30:00,123+02:00]", "2026-01-19T08:30:00.123|]"],
    ["2026-01-19T10:30:00-0530", "2026-01-19T16:00:00.000|"],
    ["2026-01-19T10:30:00+02", "2026-01-19T08:30:00.000|"],
    ["2026-01-19 10:30:00 +0200 x", "2026-01-19T08:30:00.000| x"],
    ["2026-01-19 10:30:00 UTC x", "2026-01-19T10:30:00.000| x"],
    ["2026-01-19 10:30 x", "2026-01-19T10:30:00.000| x"],
    ["2026/01/19 10:30:00", "2026-01-19T10:30:00.000|"],
    ["2015-10-18 18:01:47,978 INFO", "2015-10-18T18:01:47.978| INFO"],
    ["2005-06-03-15.42.50.363779 R02", "2005-06-03T15:42:50.363779000| R02"],
    ["20171223-22:15:29:606|Step", "2017-12-23T22:15:29.606||Step"],
    ["20171223T221529Z", "2017-12-23T22:15:29.000|"],
    ["17/May/2015:10:05:03 +0000]", "2015-05-17T10:05:03.000|]"],
    ["17/May/2015:10:05:03 -0700]", "2015-05-17T17:05:03.000|]"],
    ["Jun 14 15:16:01 combo", "2026-06-14T15:16:01.000| combo"],
    ["Jun  4 15:16:01 combo", "2026-06-04T15:16:01.000| combo"],
    ["Jun 4 15:16:01.250 combo", "2026-06-04T15:16:01.250| combo"],
    ["Apr 15 2007 21:28:13: %PIX", "2007-04-15T21:28:13.000|: %PIX"],
    ["Apr 15 21:28:13 2007 linksys", "2007-04-15T21:28:13.000| linksys"],
    ["Sun Dec 04 04:47:44 2005] x", "2005-12-04T04:47:44.000|] x"],
    ["Tue Jun 08 11:54:08.929301 2021]", "2021-06-08T11:54:08.929301000|]"],
    ["Sun, 04 Dec 2005 04:47:44 GMT", "2005-12-04T04:47:44.000|"],
    ["17/06/09 20:10:40 INFO", "2017-06-09T20:10:40.000| INFO"],
    ["081109 203615 148", "2008-11-09T20:36:15.000| 148"],
    ["03-17 16:13:38.811  1702", "2026-03-17T16:13:38.811|  1702"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000|"],
    ["2024-02-29 00:00:00", "2024-02-29T00:00:00.000|"]
  ])("reads %s", (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it.each([
    "2026-02-30 10:00:00",
    "2023-02-29 00:00:00",
    "2026-13-01 10:00:00",
    "2026-01-19 24:00:00",
    "2026-01-19",
    "hello world, this is",
    "1234567890123456",
    "10:30:00 is not enough"
  ])("finds none in %s", (text) => {
    expect(read(text)).toBeUndefined()
  })

  it("gives a date without a year the year before, when this year's would lie ahead", () => {
    expect(read("Dec 31 23:59:59 x", { near: Date.UTC(2026, 0, 1) })).toBe("2025-12-31T23:59:59.000| x")
    expect(read("Nov 30 00:00:00 x")).toBe("2025-11-30T00:00:00.000| x")
  })

  it("gives a date without a year the year after, when the sender's clock is already there", () => {
    expect(read("Jan  1 00:00:02 x", { near: Date.UTC(2026, 11, 31, 23, 59) })).toBe("2027-01-01T00:00:02.000| x")
  })

  it("gives 29 February without a year the last leap year", () => {
    expect(read("Feb 29 10:00:00 x")).toBe("2024-02-29T10:00:00.000| x")
  })

  it.each([
    ["1700000000", "2023-11-14T22:13:20.000|"],
    ["1700000000.123456", "2023-11-14T22:13:20.123456000|"],
    ["1700000000123", "2023-11-14T22:13:20.123|"],
    ["1700000000123.5", "2023-11-14T22:13:20.123500000|"],
    ["1700000000123456", "2023-11-14T22:13:20.123456000|"],
    ["1700000000123456789", "2023-11-14T22:13:20.123456789|"]
  ])("reads the number %s as time since the epoch by its magnitude", (text, expected) => {
    expect(read(text, { value: true })).toBe(expected)
  })

  it.each(["12345", "-1700000000", "1700000000x", "1.7e3", "99999999999999999999", "2026-01-19T10:30:00Z and more"])(
    "does not take the value %s for a timestamp",
    (text) => {
      expect(read(text, { value: true })).toBeUndefined()
    }
  )

  it.each([
    ["2026-11-30 14:22:01.345 MSK [22] LOG", "2026-11-30T11:22:01.345| [22] LOG"],
    ["2026-11-30 09:22:01 EST [22] LOG", "2026-11-30T14:22:01.000| [22] LOG"],
    ["2026-11-30 14:22:01.345 +03 [22] LOG", "2026-11-30T11:22:01.345| [22] LOG"],
    ["2026-11-30 16:22:01 GMT+2 ERROR x", "2026-11-30T14:22:01.000| ERROR x"],
    ["2026-11-30 09:22:01 America/New_York ERROR x", "2026-11-30T14:22:01.000| ERROR x"],
    ["30-Nov-2026 14:22:01 Europe/Berlin] PHP", "2026-11-30T13:22:01.000|] PHP"],
    ["2026-07-30 14:22:01 (CEST) x", "2026-07-30T12:22:01.000| x"],
    ["2026-11-30T14:22:01.345+01:00[Europe/Berlin] x", "2026-11-30T13:22:01.345| x"],
    ["2026-11-30 02:22:01 PM ERROR x", "2026-11-30T14:22:01.000| ERROR x"],
    ["2026-11-30 12:22:01 AM ERROR x", "2026-11-30T00:22:01.000| ERROR x"],
    ["2026-11-30 02:22:01 PM CET x", "2026-11-30T13:22:01.000| x"],
    ["11/30/2026 2:22:01 PM", "2026-11-30T14:22:01.000|"],
    ["05/06/2026 2:22:01 PM", "2026-05-06T14:22:01.000|"],
    ["30/11/2026 14:22:01 x", "2026-11-30T14:22:01.000| x"],
    ["30.11.2026 14:22:01 x", "2026-11-30T14:22:01.000| x"],
    ["30 Nov 2026 14:22:01.345 * x", "2026-11-30T14:22:01.345| * x"],
    ["Mon Nov 30 14:22:01 CET 2026 x", "2026-11-30T13:22:01.000| x"],
    ["Mon Nov 30 14:22:01 +0100 2026 x", "2026-11-30T13:22:01.000| x"],
    ["Monday, 30-Nov-26 14:22:01 UTC", "2026-11-30T14:22:01.000|"],
    ["Nov 30, 2026 2:22:01 PM", "2026-11-30T14:22:01.000|"],
    ["2026 Nov 30 14:22:01 UTC: x", "2026-11-30T14:22:01.000|: x"],
    ["2026-11-30  4:22:01 139 [Warning]", "2026-11-30T04:22:01.000| 139 [Warning]"],
    ["@40000000433225833b6e1a8c tcpserver", "2005-09-22T03:31:05.997071500| tcpserver"],
    ["Nov 30 14:22:01 CET h app", "2026-11-30T13:22:01.000| h app"]
  ])("reads the zone, the half of the day and the order in %s", (text, expected) => {
    expect(read(text, { near: Date.UTC(2026, 11, 1) })).toBe(expected)
  })

  it.each(["05/06/2026 14:22:01 which of the two", "11:22:01 PM and no day"])("guesses no date in %s", (text) => {
    expect(read(text)).toBeUndefined()
  })

  it.each([
    ["2026-11-30T14:22:01.3FOO err", "FOO"],
    ["Mon Nov 30 14:22:01 XYZ 2026 x", "XYZ"],
    ["2026-11-30 14:22:01 CST x", "CST"]
  ])("says which zone of %s it did not understand, or that it has several meanings", (text, zone) => {
    const instant = new Instant()
    const bytes = encodeUtf8(text)
    expect(readTimestamp(bytes, 0, bytes.length, makeTimeContext(utc), instant)).toBe(true)
    expect(text.slice(instant.zoneStart, instant.zoneEnd)).toBe(zone)
  })

  it.each([
    ["1.796048521e9", "2026-11-30T14:22:01.000|"],
    ["1.796048521345E12", "2026-11-30T14:22:01.345|"],
    ["/Date(1796048521345)/", "2026-11-30T14:22:01.345|"],
    ["[2026,11,30,14,22,1,345000000]", "2026-11-30T14:22:01.345|"],
    ["2026-11-30", "2026-11-30T00:00:00.000|"]
  ])("reads the value %s", (text, expected) => {
    expect(read(text, { value: true })).toBe(expected)
  })

  it("reads over Go's monotonic clock", () => {
    const text = "2026-11-30 14:22:01.345678912 +0100 CET m=+0.001"
    expect(read(text, { value: true })).toBe("2026-11-30T13:22:01.345678912| m=+0.001")
  })

  it("reads times without a zone in the zone of the stage, summer time included", () => {
    expect(read("2026-01-19 10:30:00", { zone: "+02:00" })).toBe("2026-01-19T08:30:00.000|")
    expect(read("2026-01-19 10:30:00", { zone: "Europe/Berlin" })).toBe("2026-01-19T09:30:00.000|")
    expect(read("2026-07-19 10:30:00", { zone: "Europe/Berlin" })).toBe("2026-07-19T08:30:00.000|")
    expect(read("2026-07-19T10:30:00Z", { zone: "Europe/Berlin" })).toBe("2026-07-19T10:30:00.000|")
  })

  it("refuses zones nobody knows", () => {
    expect(makeZone("Middle/Earth")).toBeUndefined()
    expect(makeZone("+25:00")).toBeUndefined()
  })

  it("reads every instant it is given in ISO 8601 back to the millisecond, in any order", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
        (date) => {
          expect(read(date.toISOString())).toBe(`${date.toISOString().slice(0, 23)}|`)
          expect(read(`${date.toISOString().replace("T", " ").slice(0, 23)} x`)).toBe(
            `${date.toISOString().slice(0, 23)}| x`
          )
        }
      )
    )
  })
})
