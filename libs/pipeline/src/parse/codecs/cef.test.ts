// Tests of the codec cef.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const event = "CEF:0|Acme|FW|1.0|100|Login failed|7|src=203.0.113.9 dst=10.0.0.5 rt=1790000000345 msg=bad pass word"

describe("cef", () => {
  it("reads header and extension, blanks in values included, and keeps the whole event", () => {
    const record = recordOf(event)
    expect(record).toMatchObject({ body: event, severityNumber: 17 })
    expect(isoOf(record.timestamp)).toBe("2026-09-21T14:13:20.345000000")
    expect(record.attributes).toMatchObject({
      "cef.vendor": "Acme",
      "cef.name": "Login failed",
      src: "203.0.113.9",
      msg: "bad pass word"
    })
  })

  it("reads escapes in header and extension, and leaves those that are none", () => {
    const { attributes } = recordOf(
      String.raw`CEF:0|A|B|1|2|a \| b \\ c|3|path=C:\dir act=x \= y msg=one\ntwo src=10.0.0.1`
    )
    expect(attributes).toMatchObject({
      "cef.name": "a | b \\ c",
      path: "C:\\dir",
      act: "x = y",
      msg: "one\ntwo",
      src: "10.0.0.1"
    })
  })

  it("reads an event behind a syslog header", () => {
    const record = recordOf(`<14>Nov 20 14:22:01 fw1 ${event}`)
    expect(record).toMatchObject({ host: "fw1", service: "", body: event, attributes: { dst: "10.0.0.5" } })
  })

  it("reads LEEF with its own separator", () => {
    const record = recordOf("LEEF:2.0|Acme|FW|1.0|4711|^|src=203.0.113.9^usrName=a b")
    expect(record.attributes).toMatchObject({ "leef.event_id": "4711", src: "203.0.113.9", usrName: "a b" })
  })

  it("takes no other line", () => {
    expect(recordOf("CEF:0|cut", { codec: "cef" })).toMatchObject({ parsed: false, body: "CEF:0|cut" })
  })
})
