// Tests of the codec clf: common and combined access logs.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const clf = { codec: "clf" }
const line = (request = '"GET /a?b=1 HTTP/1.1"', rest = '200 2326 "http://example.com/" "curl/8.5"') =>
  `192.0.2.7 - frank [10/Oct/2000:13:55:36 -0700] ${request} ${rest}`

describe("clf", () => {
  it("reads the combined format; the body is the whole line", () => {
    const record = recordOf(line(), clf)
    expect(isoOf(record.timestamp)).toBe("2000-10-10T20:55:36.000000000")
    expect(record).toMatchObject({ severity: "INFO", severityNumber: 9, parsed: true, body: line() })
    expect({ ...record.attributes }).toEqual({
      client: "192.0.2.7",
      user: "frank",
      "http.method": "GET",
      "http.path": "/a?b=1",
      "http.version": "1.1",
      "http.status": "200",
      bytes: "2326",
      referer: "http://example.com/",
      user_agent: "curl/8.5"
    })
  })

  it("reads the common format, absent fields left out", () => {
    const record = recordOf('::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 304 -', clf)
    expect({ ...record.attributes }).toEqual({
      client: "::1",
      "http.method": "GET",
      "http.path": "/",
      "http.version": "1.0",
      "http.status": "304"
    })
  })

  it.each([
    ["503 1", 17],
    ["404 1", 13],
    ["301 1", 9]
  ])("gives the status of %s its severity", (rest, number) => {
    expect(recordOf(line(undefined, rest), clf).severityNumber).toBe(number)
  })

  it("reads a last field without its closing quote", () => {
    expect(recordOf(line(undefined, '200 1 "-" "Mozilla/5.0 (cut'), clf)).toMatchObject({
      parsed: true,
      attributes: { user_agent: "Mozilla/5.0 (cut" }
    })
  })

  it("reads a virtual host before the client, and keeps what follows the user agent", () => {
    expect(recordOf(`example.com:443 ${line(undefined, '200 1 "-" "x" 0.005 rt')}`, clf)).toMatchObject({
      attributes: { "http.host": "example.com:443", client: "192.0.2.7", "http.more": "0.005 rt" }
    })
  })

  it("keeps a request that is none whole, and steps over escaped quotes", () => {
    expect(recordOf(line(String.raw`"\x16\x03\"x"`), clf)).toMatchObject({
      attributes: { "http.request": String.raw`\x16\x03\"x`, "http.status": "200" }
    })
    expect(recordOf(line(undefined, String.raw`200 1 "-" "a \"b\" c"`), clf)).toMatchObject({
      attributes: { user_agent: String.raw`a \"b\" c` }
    })
  })

  it.each([
    '192.0.2.7 [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1',
    '192.0.2.7 - - [31/Feb/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1',
    '192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" abc 1',
    '192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1',
    "nothing like it"
  ])("keeps %s raw", (text) => {
    expect(recordOf(text, clf)).toMatchObject({ parsed: false, body: text, attributes: {} })
  })

  it("reads what nginx and its ingress write behind the user agent", () => {
    const line = '192.0.2.7 - - [20/Nov/2026:14:22:01 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.1"'
    expect(recordOf(`${line} "198.51.100.4, 10.0.0.1"`).attributes["http.forwarded_for"]).toBe("198.51.100.4, 10.0.0.1")
    expect(recordOf(`${line} "2.75"`).attributes["http.gzip_ratio"]).toBe("2.75")
    expect(recordOf(`${line} "-"`).attributes["http.more"]).toBeUndefined()
    expect({ ...recordOf(`${line} 462 0.050 [shop-80] [] 10.0.0.5:80 19 0.049 200 7521`).attributes }).toMatchObject({
      "http.request_length": "462",
      "http.request_time": "0.050",
      "upstream.name": "shop-80",
      "upstream.address": "10.0.0.5:80",
      "upstream.response_time": "0.049",
      "upstream.status": "200",
      request_id: "7521"
    })
    expect(recordOf(`${line} a b c d e f g h i j`).attributes["http.more"]).toBe("a b c d e f g h i j")
  })
})
