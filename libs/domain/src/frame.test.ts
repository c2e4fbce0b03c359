// Tests of frames: layouts and headers.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeFrameHeader, encodeFrameHeader, forEachMessage, prefixedLength, writePrefixed } from "./frame.ts"

const messagesOf = (
  payload: Uint8Array,
  layout: "lines" | "prefixed" | "single"
): { messages: Array<string>; whole: boolean } => {
  const messages: Array<string> = []
  const whole = forEachMessage(payload, layout, (start, end) =>
    messages.push(Buffer.from(payload.subarray(start, end)).toString("latin1"))
  )
  return { messages, whole }
}

describe("forEachMessage", () => {
  it("visits every message of a prefixed payload, whatever bytes it holds", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }), (messages) => {
        const payload = new Uint8Array(messages.reduce((sum, message) => sum + prefixedLength(message.length), 0))
        let at = 0
        for (const message of messages) at = writePrefixed(payload, at, message)
        expect(messagesOf(payload, "prefixed")).toEqual({
          whole: true,
          messages: messages.map((message) => Buffer.from(message).toString("latin1"))
        })
      })
    )
  })

  it("takes lines with either line end, the last without one, and no empty line", () => {
    expect(messagesOf(Buffer.from("a\r\n\nb\n\r\nc"), "lines")).toEqual({ whole: true, messages: ["a", "b", "c"] })
    expect(messagesOf(Buffer.from("a\nb"), "single").messages).toEqual(["a\nb"])
  })

  it("keeps what a lying length leaves as one message, and says so", () => {
    expect(messagesOf(Buffer.from([2, 65, 66, 200, 1, 67]), "prefixed")).toEqual({
      whole: false,
      messages: ["AB", "\u00c8\u0001C"]
    })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void messagesOf(bytes, "prefixed")))
  })
})

describe("frame headers", () => {
  it("come back as they were", () => {
    const header = {
      layout: "prefixed",
      codec: "syslog",
      receivedMillis: 1_790_000_000_123,
      attributes: { "net.peer.ip": "::1", ü: "ß\r\n" },
      resource: { zone: "é" },
      dropped: { "collector:sample": 9, ü: 1 }
    } as const
    const encoded = encodeFrameHeader(header)
    expect(Object.values(encoded).every((value) => /^[\x20-\x7e]*$/.test(value))).toBe(true)
    expect(decodeFrameHeader((name) => encoded[name])).toEqual(header)
  })

  it("that make no sense count as absent", () => {
    const odd: Record<string, string> = {
      "Tailrace-Layout": "zip",
      "Tailrace-Received-At": "soon",
      "Tailrace-Attributes": '{"a":1,"__proto__":"x","b":"c"}',
      "Tailrace-Resource": "[",
      "Tailrace-Dropped": '{"a":-1,"b":0.5,"c":"3","d":1e300,"__proto__":4,"e":0}'
    }
    expect(decodeFrameHeader((name) => odd[name])).toEqual({
      layout: "lines",
      codec: "auto",
      receivedMillis: undefined,
      attributes: { b: "c" },
      resource: {}
    })
  })

  it("take no time of reception that is none: not before 1970, nor behind the minutes that the ledger knows", () => {
    const received = (at: string) =>
      decodeFrameHeader((name) => (name === "Tailrace-Received-At" ? at : undefined)).receivedMillis
    const times = ["-1", "0", "0.5", "4294967220000", "9007199254740991", "1e300"]
    expect(times.map(received)).toEqual(times.map(() => undefined))
    expect(received("4294967219999")).toBe(4_294_967_219_999)
  })
})
