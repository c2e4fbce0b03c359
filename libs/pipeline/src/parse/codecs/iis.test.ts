// Tests of the codec iis.
import { describe, expect, it } from "vitest"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

const line =
  "2026-11-20 14:22:01 10.0.0.4 GET /default.aspx id=5 443 - 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0) https://shop.example/ 500 0 64 187"

describe("iis", () => {
  it("reads the default fields, in UTC, and keeps the line whole", () => {
    const record = recordOf(line, {}, makeStage({ zone: "Europe/Berlin" }))
    expect(record).toMatchObject({ severityNumber: 17, body: line })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.000000000")
    expect({ ...record.attributes }).toEqual({
      "server.address": "10.0.0.4",
      "http.method": "GET",
      "http.path": "/default.aspx",
      "http.query": "id=5",
      "server.port": "443",
      client: "203.0.113.9",
      user_agent: "Mozilla/5.0+(Windows+NT+10.0)",
      referer: "https://shop.example/",
      "http.status": "500",
      "http.substatus": "0",
      "iis.win32_status": "64",
      duration_ms: "187"
    })
  })

  it("reads lines without the referrer", () => {
    const old = "2026-11-20 14:22:01 10.0.0.4 GET / - 80 - 203.0.113.9 curl/8.0 404 0 2 15"
    expect(recordOf(old)).toMatchObject({ severityNumber: 13, attributes: { "http.status": "404", duration_ms: "15" } })
  })

  it("leaves other lines alone", () => {
    expect(recordOf("2026-11-20 14:22:01 10 items were sold today to all the people who came in").attributes).toEqual(
      {}
    )
    for (const other of [
      line.replace("443", "x"),
      line.replace(" 500 ", " - "),
      `${line} more`,
      "2026-11-20 14:22:01 1"
    ])
      expect(recordOf(other, { codec: "iis" }).parsed).toBe(false)
  })
})
