// Tests of the codec haproxy.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const line =
  '203.0.113.9:51512 [20/Nov/2026:14:22:01.345] fe_https~ be_shop/web1 0/0/1/23/24 503 1532 - - ---- 12/4/1/0/0 0/0 "GET /pay HTTP/1.1"'

describe("haproxy", () => {
  it("reads a request, and keeps the line whole", () => {
    const record = recordOf(line)
    expect(record).toMatchObject({ severityNumber: 17, body: line, parsed: true })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345000000")
    expect({ ...record.attributes }).toEqual({
      client: "203.0.113.9",
      "client.port": "51512",
      "haproxy.frontend": "fe_https",
      "haproxy.backend": "be_shop/web1",
      "haproxy.timers": "0/0/1/23/24",
      "http.status": "503",
      bytes: "1532",
      "haproxy.termination_state": "----",
      "http.method": "GET",
      "http.path": "/pay"
    })
  })

  it("reads a connection, which has no status", () => {
    const tcp = "203.0.113.9:51512 [20/Nov/2026:14:22:01.345] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0"
    expect(recordOf(tcp)).toMatchObject({
      severityNumber: 0,
      body: tcp,
      attributes: { "haproxy.timers": "0/0/5007", bytes: "212", "haproxy.termination_state": "--" }
    })
  })

  it("is found inside syslog, and its own time wins", () => {
    const record = recordOf(`<134>Nov 20 14:22:02 lb1 haproxy[73411]: ${line}`)
    expect(record).toMatchObject({ service: "haproxy", host: "lb1", severityNumber: 17, body: line })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345000000")
    expect(record.attributes).toMatchObject({ procid: "73411", "http.status": "503", client: "203.0.113.9" })
  })

  it("leaves other lines alone", () => {
    for (const other of [
      "203.0.113.9:1 [20/Nov/2026:14:22:01.345] words",
      "12:30 [x] a b/c 1/2/3 4",
      line.slice(0, 40)
    ])
      expect(recordOf(other, { codec: "haproxy" }).parsed).toBe(false)
  })
})
