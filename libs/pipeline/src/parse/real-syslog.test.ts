// Tests on real and authored syslog messages, against what other daemons read in them.
import { existsSync, readFileSync } from "node:fs"
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityNumberOfSyslog } from "@tailrace/domain/severity"
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "./records-of.ts"

const file = new URL("../../../../../shared/data/syslog/dev.json", import.meta.url)
const present = existsSync(file)
if (!present) console.warn("real syslog messages: skipped, there is no ../shared/data beside the repository")

type Fields = Record<string, unknown>
interface Case {
  readonly id: string
  readonly origin: string
  readonly input?: string
  readonly input_b64?: string
  readonly authored: { readonly valid: boolean; readonly fields?: Fields } | null
  readonly "rsyslog_8.2302": Fields
  readonly agree?: ReadonlyArray<string>
}

const bytesOf = (one: Case): Buffer =>
  one.input === undefined ? Buffer.from(one.input_b64 ?? "", "base64") : Buffer.from(one.input)
const trimmed = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : String(value)
        .replace(/^\ufeff/, "")
        .trim()

/** Whether a record has the fields, spaces around texts aside; a year that the message does not state is not compared. */
const agrees = (record: LogRecord, fields: Fields, text: string): boolean => {
  const texts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["hostname", record.host],
    ["appname", record.service],
    ["procid", record.attributes.procid],
    ["msgid", record.attributes.msgid],
    ["message", record.body],
    ["msg", record.body]
  ]
  for (const [name, value] of texts) if (name in fields && trimmed(fields[name]) !== trimmed(value)) return false
  const priority = fields.priority ?? fields.pri
  if (
    typeof priority === "number" &&
    text.startsWith("<") &&
    record.severityNumber !== severityNumberOfSyslog(priority & 7)
  )
    return false
  const data = fields.structured_data ?? {}
  for (const [id, parameters] of Object.entries(data)) {
    for (const [name, value] of Object.entries(parameters as Fields))
      if (record.attributes[`${id}.${name}`] !== value) return false
  }
  const stamp = fields.timestamp
  if (typeof stamp !== "string") return true
  const wanted = new Date(stamp.replace(/^0000/, "2024")).toISOString().slice(0, 23)
  const seen = isoOf(record.timestamp).slice(0, 23)
  return /^(<\d+>)?\s*[.*]?(\d+ )?\d{4}-|\d{4} \d\d:|:\d\d \d{4}/.test(text)
    ? wanted === seen
    : wanted.slice(5) === seen.slice(5)
}

describe.skipIf(!present)("real syslog messages", () => {
  const cases: Array<Case> = present ? JSON.parse(readFileSync(file, "utf8")) : []
  const read = (one: Case): LogRecord => recordOf(bytesOf(one), { codec: "syslog", layout: "single" })

  it("reads the fields that the authors of the messages expect", () => {
    // syslog-ng's own tests assume another zone and senders without a host.
    const valid = cases.filter(({ authored, origin }) => authored?.valid === true && !origin.startsWith("syslog-ng"))
    const wrong = valid.filter((one) => !agrees(read(one), one.authored?.fields ?? {}, bytesOf(one).toString()))
    console.log(
      `syslog: ${valid.length - wrong.length} of ${valid.length} as authored; not: ${wrong.map(({ id }) => id).join(" ")}`
    )
    expect(wrong.length).toBeLessThanOrEqual(4)
  })

  it("keeps the whole text of every message that is wrong", () => {
    const invalid = cases.filter(({ authored }) => authored?.valid === false)
    const lost = invalid.filter((one) => {
      const record = read(one)
      const text = bytesOf(one).toString()
      return record.body !== text && record.attributes["log.original"] !== text
    })
    expect(lost.map(({ id }) => id)).toEqual([])
  })

  it("agrees with rsyslog and syslog-ng where they agree with each other", () => {
    const agreed = cases.filter(({ agree }) => agree !== undefined)
    const wrong = agreed.filter((one) => {
      const fields = Object.fromEntries((one.agree ?? []).map((name) => [name, one["rsyslog_8.2302"][name]]))
      return !agrees(read(one), fields, bytesOf(one).toString())
    })
    console.log(
      `syslog: ${agreed.length - wrong.length} of ${agreed.length} as rsyslog and syslog-ng; not: ${wrong.map(({ id }) => id).join(" ")}`
    )
    // Both daemons know no version of RFC 5424 but 1, and name the first word of prose, even dashes, the program.
    expect(wrong.length).toBeLessThanOrEqual(17)
  })
})
