// Tests of frame encoding: what is packed comes back as it was, and what does not unpack is one message.
import { zstdCompressSync } from "node:zlib"
import type { FrameHeader } from "@tailrace/domain/frame"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { packFrame, unpackFrame } from "./frame-encoding.ts"

const header: FrameHeader = { layout: "lines", codec: "json", receivedMillis: 1, attributes: { a: "b" }, resource: {} }
const unpack = (headers: Readonly<Record<string, string>>, data: Uint8Array) => {
  const { encoding, header: found, payload } = unpackFrame((name) => headers[name], data)
  return { header: found, payload: Buffer.from(payload), encoding }
}
const packed = { "Tailrace-Encoding": "zstd" }
const line = (i: number) => `{"level":"info","service":"checkout","id":${i},"message":"order ${i} was paid"}\n`
const lines = (count: number) => Buffer.from(Array.from({ length: count }, (_, i) => line(i)).join(""))

describe("packFrame", () => {
  it("makes frames of log lines a fraction of their size, which unpackFrame gives back", () => {
    for (const count of [20, 1_000, 5_000]) {
      const before = lines(count)
      const { headers, payload } = packFrame(header, before, "zstd")
      expect(payload.length).toBeLessThan(before.length / 3)
      expect(unpack(headers, payload)).toEqual({ header, payload: before, encoding: "zstd" })
    }
  })

  it("leaves alone what is short, too long, does not shrink, or shall not be packed", () => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 2_654_435_761) >>> 24))
    const cases = [
      [lines(1), "zstd"],
      [Buffer.alloc(0), "zstd"],
      [zstdCompressSync(noise), "zstd"],
      [Buffer.alloc(8_388_609), "zstd"],
      [lines(1_000), "none"]
    ] as const
    for (const [before, encoding] of cases) {
      const { headers, payload } = packFrame(header, before, encoding)
      expect(payload).toBe(before)
      const unpacked = unpack(headers, payload)
      expect([unpacked.header, unpacked.encoding]).toEqual([header, "none"])
      expect(unpacked.payload.equals(before)).toBe(true)
    }
  })

  it("gives back any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 500 }), (bytes, times) => {
        const before = Buffer.concat(Array.from({ length: times }, () => bytes))
        const { headers, payload } = packFrame(header, before, "zstd")
        expect(unpack(headers, payload).payload.equals(before)).toBe(true)
      })
    )
  })
})

describe("unpackFrame", () => {
  it("takes what other programs compressed, with and without its size at its head, in one part or several", () => {
    const half = lines(700)
    const sized = zstdCompressSync(half)
    expect(unpack(packed, sized).payload.equals(half)).toBe(true)
    // Without single segment and content size: a window descriptor stands where the size was (RFC 8878, 3.1.1.1).
    const unsized = Buffer.concat([
      sized.subarray(0, 4),
      Buffer.from([(sized[4] as number) & 0x1f, 0x50]),
      sized.subarray(sizedHead(sized))
    ])
    expect(unpack(packed, unsized).payload.equals(half)).toBe(true)
    expect(unpack(packed, Buffer.concat([sized, sized])).payload.equals(Buffer.concat([half, half]))).toBe(true)
  })

  it("takes what does not unpack for one message of the bytes as they came", () => {
    const whole = zstdCompressSync(lines(100))
    const bomb = zstdCompressSync(Buffer.alloc(8_388_609))
    for (const data of [Buffer.from("plain"), whole.subarray(0, -1), Buffer.alloc(0), bomb]) {
      expect(unpack(packed, data)).toEqual({
        header: expect.objectContaining({ layout: "single" }),
        payload: data,
        encoding: "none"
      })
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void unpack(packed, bytes)))
  })

  it("leaves payloads of an encoding it does not know as they are", () => {
    const data = lines(10)
    expect(unpack({ "Tailrace-Encoding": "gzip" }, data)).toMatchObject({ payload: data, encoding: "none" })
  })
})

/** Where the blocks of data with a single segment and its size begin. */
const sizedHead = (data: Buffer): number => 5 + ([1, 2, 4, 8][(data[4] as number) >> 6] as number)
