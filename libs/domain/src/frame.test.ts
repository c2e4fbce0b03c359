// Tests of frames: layouts and headers.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  countMessages,
  decodeFrameHeader,
  encodeFrameHeader,
  endOfMessages,
  forEachMessage,
  prefixedLength,
  writePrefixed
} from "./frame.ts"

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

describe("a payload read in parts", () => {
  const layouts = ["lines", "prefixed", "single"] as const
  /** Bytes that are often line ends, lengths and continuations of lengths. */
  const bytes = fc.uint8Array({ maxLength: 80 }).map((all) => all.map((byte) => [10, 13, 2, 200, 65][byte % 7] ?? byte))

  it("holds the same messages, and as many as are counted", () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...layouts), fc.integer({ min: 1, max: 20 }), (payload, layout, size) => {
        const whole = messagesOf(payload, layout).messages
        const parts: Array<string> = []
        for (let start = 0; start < payload.length; ) {
          const end = endOfMessages(payload, layout, start, size)
          expect(end).toBeGreaterThan(start)
          parts.push(...messagesOf(payload.subarray(start, end), layout).messages)
          start = end
        }
        expect(parts).toEqual(whole)
        expect(countMessages(payload, layout)).toBe(whole.length)
      })
    )
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
