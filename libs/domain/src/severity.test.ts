// Tests of severity: words and numbers of the world.
import { describe, expect, it } from "vitest"
import { severityNumberOf, severityNumberOfPino, severityNumberOfSyslog, severityTextOf } from "./severity.ts"

describe("severity", () => {
  it.each([
    ["WARNING", "WARN"],
    ["wrn", "WARN"],
    ["E", "ERROR"],
    ["Err", "ERROR"],
    ["severe", "ERROR"],
    ["critical", "ERROR"],
    ["emerg", "FATAL"],
    ["panic", "FATAL"],
    ["notice", "INFO"],
    [" Information ", "INFO"],
    ["dbg", "DEBUG"],
    ["FINEST", "TRACE"],
    ["Trace4", "TRACE"],
    ["dpanic", "FATAL"],
    ["dbug", "DEBUG"],
    ["[error]", "ERROR"],
    ["<Warning>", "WARN"],
    ["WARN+2", "WARN"],
    ["DEBUG-1", "DEBUG"],
    ["SEVERITY_NUMBER_WARN", "WARN"],
    ["Critical error", "ERROR"]
  ])("takes %s for %s", (word, text) => expect(severityTextOf(severityNumberOf(word))).toBe(text))

  it("takes other words for none", () => {
    expect(["", "hello", "constructor", "__proto__", "supercritical", "off"].map(severityNumberOf)).toEqual([
      0, 0, 0, 0, 0, 0
    ])
    expect(severityTextOf(0) + severityTextOf(25)).toBe("")
  })

  it("knows the numbers of syslog and of pino", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map((number) => severityTextOf(severityNumberOfSyslog(number)))).toEqual([
      "FATAL",
      "ERROR",
      "ERROR",
      "ERROR",
      "WARN",
      "INFO",
      "INFO",
      "DEBUG",
      ""
    ])
    expect([10, 20, 30, 40, 50, 60, 35, 99].map((number) => severityTextOf(severityNumberOfPino(number)))).toEqual([
      "TRACE",
      "DEBUG",
      "INFO",
      "WARN",
      "ERROR",
      "FATAL",
      "INFO",
      ""
    ])
  })
})
