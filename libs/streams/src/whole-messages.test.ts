// Whole messages: whatever the cuts of the socket, the parser gets whole messages, and bytes in use are never overwritten.
import { describe, expect, it } from "vitest"
import { releaseMessage, WholeMessages } from "./whole-messages.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const message = (payload: string) => `MSG some.subject 1 reply.to ${encoder.encode(payload).length}\r\n${payload}\r\n`

/** Gives a stream to the cutter in pieces of the sizes given, over and over; answers copies of what came out. */
const cut = (stream: string, sizes: ReadonlyArray<number>, whole = new WholeMessages()): Array<string> => {
  const bytes = encoder.encode(stream)
  const socket = new Uint8Array(Math.max(...sizes))
  const out: Array<string> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] as number))
    socket.fill(0)
    socket.set(piece)
    const messages = whole.receive(socket.subarray(0, piece.length))
    if (messages !== undefined) out.push(decoder.decode(messages))
    at += piece.length
  }
  return out
}

/** Where each piece of a stream ends, in bytes. */
const endsOf = (pieces: ReadonlyArray<string>): Array<number> => {
  let at = 0
  return pieces.map((piece) => {
    at += encoder.encode(piece).length
    return at
  })
}

/** One large message, and the view of its payload that came out. */
const receiveLarge = (whole: WholeMessages, fill: string, bytes = 300_000): Uint8Array => {
  const out = whole.receive(encoder.encode(message(fill.repeat(bytes)))) as Uint8Array
  return out.subarray(out.length - 2 - bytes, out.length - 2)
}

describe("Whole messages", () => {
  const small = `INFO {"a":1}\r\nPING\r\n${message("one")}+OK\r\nHMSG s 2 12 17\r\nNATS/1.0\r\n\r\nhello\r\n${message("")}`

  it("hands on every byte in order, cut at the ends of messages alone, however the socket cuts them", () => {
    const stream = small + message("\r\nMSG like 1 3\r\n".repeat(9_000)) + small + message("x".repeat(70_000)) + small
    const ends = endsOf(cut(stream, [1]))
    expect(ends.length).toBe(20)
    for (const sizes of [[1], [2, 3, 5], [7], [64, 1], [4_096], [65_536], [100_000, 3], [1_000_000]]) {
      const out = cut(stream, sizes)
      expect(out.join("")).toBe(stream)
      expect(ends).toEqual(expect.arrayContaining(endsOf(out)))
    }
  })

  it("holds a message back until its last byte has come", () => {
    const whole = new WholeMessages()
    const text = message("payload")
    expect(cut(text.slice(0, -1), [5], whole)).toEqual([])
    expect(cut(text.slice(-1), [1], whole)).toEqual([text])
  })

  it("hands on a control line that no protocol has, for the parser to refuse", () => {
    expect(cut("NONSENSE here\r\n", [4])).toEqual(["NONSENSE here\r\n"])
  })

  it("fills a slab again when all its messages were let go", () => {
    const whole = new WholeMessages()
    const first = receiveLarge(whole, "a")
    const buffers = new Set([first.buffer])
    let last = first
    for (let i = 0; i < 40; i++) {
      releaseMessage(last)
      last = receiveLarge(whole, "b")
      buffers.add(last.buffer)
    }
    expect(buffers.size).toBeLessThan(5)
  })

  it("never overwrites a message that was not let go", () => {
    const whole = new WholeMessages()
    const kept = Array.from({ length: 40 }, (_, i) => {
      const fill = String.fromCharCode(97 + (i % 26))
      const one = receiveLarge(whole, fill)
      const other = receiveLarge(whole, "-")
      releaseMessage(other)
      return { one, fill }
    })
    for (const { one, fill } of kept) expect(one.every((byte) => byte === fill.charCodeAt(0))).toBe(true)
  })
})
