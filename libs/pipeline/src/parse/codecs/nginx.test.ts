// Tests of the codec nginx.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const line =
  '2026/11/20 14:22:01 [error] 3127#3128: *90211 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: shop.example, request: "GET /pay HTTP/1.1", upstream: "http://10.0.0.12:8080/pay", host: "shop.example"'

describe("nginx", () => {
  it("reads the fields of an error, and keeps the text whole", () => {
    const record = recordOf(line)
    expect(record).toMatchObject({ severityNumber: 17, body: line.slice(28) })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.000000000")
    expect({ ...record.attributes }).toEqual({
      pid: "3127",
      tid: "3128",
      "nginx.connection": "90211",
      client: "203.0.113.9",
      server: "shop.example",
      "http.request": "GET /pay HTTP/1.1",
      upstream: "http://10.0.0.12:8080/pay",
      "http.host": "shop.example"
    })
  })

  it("reads lines that name nothing, and leaves others alone", () => {
    expect(recordOf("2026/11/20 14:22:01 [notice] 1#1: signal process started")).toMatchObject({
      severityNumber: 10,
      body: "1#1: signal process started",
      attributes: { pid: "1" }
    })
    expect(recordOf("2026/11/20 14:22:01 [error] words", { codec: "nginx" }).parsed).toBe(false)
  })

  it.each(["50.416 by zone", "50.416, by zone"])("reads a limit that was exceeded: %s", (words) => {
    const line = `2026/11/20 14:22:01 [error] 31#31: *7 limiting requests, excess: ${words} "api", client: 192.0.2.7`
    expect(recordOf(line).attributes).toMatchObject({
      "nginx.excess": "50.416",
      "nginx.zone": "api",
      client: "192.0.2.7"
    })
  })
})
