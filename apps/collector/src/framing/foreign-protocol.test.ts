// Tests of foreign protocols: what a browser says is known in whatever pieces it comes, and syslog never taken for it.
import { describe, expect, it } from "vitest"
import { FirstBytes, foreignDatagram } from "./foreign-protocol.ts"

const bytesOf = (text: string | Uint8Array): Uint8Array => Buffer.from(text as string)

/** The verdict of bytes that come in pieces of a size and then end: a protocol's name, or the text that goes on. */
const judge = (text: string | Uint8Array, size: number): string => {
  const first = new FirstBytes()
  const all = bytesOf(text)
  for (let at = 0; at < all.length; at += size) {
    const judged = first.push(all.subarray(at, at + size))
    if (typeof judged === "string") return judged
    if (judged !== undefined) return `goes on: ${Buffer.concat([judged, all.subarray(at + size)])}`
  }
  const ended = first.end()
  return typeof ended === "string" ? ended : `goes on: ${Buffer.from(ended)}`
}

const stun = Buffer.from("0001000821 12a442000102030405060708090a0b0006000461626364".replace(/ /g, ""), "hex")

describe("the first bytes of a connection", () => {
  it("are known as a browser's in pieces of every size", () => {
    const foreign: ReadonlyArray<readonly [string | Uint8Array, string]> = [
      ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http"],
      ["POST /x?y=%20z HTTP/1.1\n<14>forged\n", "http"],
      ["\r\n\r\n\nOPTIONS * HTTP/1.0\r\n", "http"],
      ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http"],
      ["M-SEARCH * HTTP/1.1\r\n", "http"],
      ["CONNECT a:1 HTTP/1.1\r\n", "http"],
      ["GET / HTTP/1.1", "http"],
      [`GET /${"a".repeat(100_000)}`, "http"],
      [`POST /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n<14>forged\n`, "http"],
      [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), "tls"],
      [stun, "stun"],
      [Buffer.concat([Buffer.from([0, stun.length]), stun]), "stun"]
    ]
    for (const [bytes, protocol] of foreign) {
      for (const size of [1, 2, 3, 7, 100_000]) {
        expect(judge(bytes, size), `${Buffer.from(bytes as string).subarray(0, 40)} by ${size}`).toBe(protocol)
      }
    }
  })

  it("go on whole when they are anything else", () => {
    const honest = [
      "<14>GET / HTTP/1.1\r\n",
      "<14>1 - - - - - - x\nGET / HTTP/1.1\r\n",
      "22 <14>POST / HTTP/1.1\r\n\n",
      "GET lost in translation\n",
      "GET / HTTP/1.1 200 17ms\n",
      "GET / HTTP/\n",
      "GET / HTTP/x\n",
      "GET / https/1.1\n",
      "GET /\r\n",
      "GET  HTTP/1.1\n",
      "GET",
      "Started GET /a for 127.0.0.1\n",
      "2026-03-01T12:00:00Z GET / HTTP/1.1\n",
      `error: ${"x".repeat(100_000)}\n`,
      `word ${"x".repeat(100_000)}`,
      "\u0016\u0001\u0000",
      "\u0000\u0001 not a cookie",
      "\u0001",
      '{"a": 1}\n'
    ]
    for (const text of honest) {
      for (const size of [1, 2, 5, 200_000]) {
        expect(judge(text, size), `${text.slice(0, 40)} by ${size}`).toBe(`goes on: ${text}`)
      }
    }
  })
})

describe("a datagram", () => {
  it("is a browser's when it is STUN or the beginning of QUIC", () => {
    const quic = Buffer.alloc(1_200)
    quic.set([0xc3, 0, 0, 0, 1, 8])
    expect(foreignDatagram(stun)).toBe("stun")
    expect(foreignDatagram(quic)).toBe("quic")
    for (const text of [
      "<14>a",
      "",
      "\u0001",
      "\u0000\u0001\u0000\u0008 abcd",
      "Ã".repeat(700),
      "GET / HTTP/1.1\r\n"
    ]) {
      expect(foreignDatagram(bytesOf(text)), text.slice(0, 20)).toBeUndefined()
    }
  })
})
