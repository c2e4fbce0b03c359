// Records of the spool: what is read back after a cut at any byte, flipped bits, and bytes that are no records.
import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { encodeRecord, type FrameHead, readSegment, type SpoolRecord } from "./record.ts"

const segment = 41

const head: FrameHead = {
  subject: "logs.in.t.s",
  id: "id",
  headers: { "Tailrace-Codec": "auto" },
  component: "http",
  droppable: false,
  keyed: false,
  tried: false,
  after: 7
}

const recordsOf = (payloads: ReadonlyArray<Uint8Array>): Array<SpoolRecord> =>
  payloads.map((payload, i) => ({ ...head, id: `id-${i}`, number: segment + i, previous: segment + i - 1, payload }))

const encoded = (records: ReadonlyArray<SpoolRecord>): Array<Buffer> =>
  records.map((record) => encodeRecord(segment, record))

const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 6 })

const plain = (records: ReadonlyArray<SpoolRecord>) =>
  records.map((record) => ({ ...record, payload: [...record.payload] }))

describe("records of a segment", () => {
  it("come back as they were written, whatever their payload", () => {
    fc.assert(
      fc.property(payloads, (given) => {
        const records = recordsOf(given)
        const read = readSegment(segment, Buffer.concat(encoded(records)))
        expect(plain(read.records)).toEqual(plain(records))
        expect(read).toMatchObject({ damages: [], torn: false })
      })
    )
  })

  it("before a cut at any byte are all there, and the cut is known as an interrupted write", () => {
    const parts = encoded(recordsOf(["one", "two", "three\nlines"].map((text) => Buffer.from(text))))
    const whole = Buffer.concat(parts)
    const ends = parts.map((_, i) => Buffer.concat(parts.slice(0, i + 1)).length)
    for (let cut = 0; cut <= whole.length; cut++) {
      const read = readSegment(segment, whole.subarray(0, cut))
      const before = ends.filter((end) => end <= cut)
      expect(read.records.length).toBe(before.length)
      expect(read.end).toBe(before.at(-1) ?? 0)
      expect(read.torn).toBe(read.end < cut)
      expect(read.damages).toEqual([])
    }
  })

  it("before a run of zeros are all there: the file had grown, its bytes had not come", () => {
    const [one, two] = encoded(recordsOf([Buffer.from("one"), Buffer.from("two")])) as [Buffer, Buffer]
    const read = readSegment(segment, Buffer.concat([one, two, Buffer.alloc(500)]))
    expect(read.records.length).toBe(2)
    expect(read).toMatchObject({ torn: true, damages: [], end: one.length + two.length })
  })

  it("that a flipped bit does not touch are all there, and what it touches is reported", () => {
    const records = recordsOf(["one", "two", "three", "four"].map((text) => Buffer.from(text)))
    const parts = encoded(records)
    const whole = Buffer.concat(parts)
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole)
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
      const ends = parts.map((_, i) => Buffer.concat(parts.slice(0, i + 1)).length)
      const hit = ends.findIndex((one) => one > bit >> 3)
      const end = ends[hit] as number
      const read = readSegment(segment, bytes)
      expect(plain(read.records)).toEqual(plain(records.filter((_, i) => i !== hit)))
      const last = hit === parts.length - 1
      const from = end - (parts[hit] as Buffer).length
      if (read.damages.length > 0) expect(read.damages).toEqual([{ from, to: end }])
      else expect(last && read.end === from).toBe(true)
    }
  })

  it("are found again behind any bytes that are none", () => {
    fc.assert(
      fc.property(payloads, fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.nat(5), (given, noise, at) => {
        const records = recordsOf(given)
        const parts = encoded(records)
        parts.splice(Math.min(at, parts.length), 0, Buffer.from(noise))
        const read = readSegment(segment, Buffer.concat(parts))
        expect(plain(read.records)).toEqual(plain(records))
        const tail = Buffer.concat(parts).length - read.end
        const between = read.damages.reduce((sum, { from, to }) => sum + to - from, 0)
        expect(between + tail).toBe(noise.length)
      })
    )
  })

  it("are none in another segment, nor inside a payload that quotes them", () => {
    const [inner] = encoded(recordsOf([Buffer.from("quoted")])) as [Buffer]
    expect(readSegment(segment + 1, inner).records).toEqual([])
    const outer = encodeRecord(segment + 1, { ...head, number: 50, previous: 49, payload: inner })
    outer[20] = (outer[20] as number) ^ 1
    expect(readSegment(segment + 1, outer).records).toEqual([])
  })

  it("never make the reader fail, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readSegment(1, Buffer.from(bytes))))
  })
})
