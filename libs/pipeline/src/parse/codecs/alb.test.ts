// Tests of the codec alb.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const line =
  'https 2026-11-20T14:22:01.345678Z app/shop/50dc 203.0.113.9:51512 10.0.0.5:80 0.001 0.034 0.000 502 - 34 366 "GET https://shop.example:443/pay HTTP/1.1" "curl/8.5.0" ECDHE TLSv1.2 arn:aws "Root=1" "shop.example" "-" 0'

describe("alb", () => {
  it("reads time, addresses, status and request, and keeps the line whole", () => {
    const record = recordOf(line)
    expect(record).toMatchObject({ severityNumber: 17, body: line })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345678000")
    expect(record.attributes).toMatchObject({
      "alb.type": "https",
      client: "203.0.113.9:51512",
      "http.status": "502",
      bytes: "366",
      "http.request": "GET https://shop.example:443/pay HTTP/1.1",
      "http.method": "GET",
      "http.url": "https://shop.example:443/pay",
      "http.version": "1.1",
      user_agent: "curl/8.5.0",
      "tls.cipher": "ECDHE",
      server_name: "shop.example",
      rule_priority: "0"
    })
    expect(record.attributes["certificate.arn"]).toBeUndefined()
    expect(record.attributes["target.status"]).toBeUndefined()
  })

  it("takes a request apart only where it is one", () => {
    const odd = recordOf(line.replace("GET https://shop.example:443/pay HTTP/1.1", "-"), { codec: "alb" })
    expect(odd.parsed).toBe(true)
    expect(odd.attributes["http.method"]).toBeUndefined()
    const fieldsUpToAgent = line.slice(0, line.indexOf(" ECDHE"))
    expect(recordOf(fieldsUpToAgent, { codec: "alb" }).attributes.user_agent).toBe("curl/8.5.0")
  })

  it("takes no line that breaks off", () => {
    expect(recordOf(line.slice(0, 90), { codec: "alb" }).parsed).toBe(false)
  })
})
