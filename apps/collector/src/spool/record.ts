// Record: a frame as it lies in a segment of the spool, under a checksum; and the reading of what a crash or a disk made of it.
import { crc32 } from "node:zlib"

/** What the spool keeps of a frame beside its payload. */
export interface FrameHead {
  readonly subject: string
  /** Message id, the same in every attempt to publish it. */
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  /** Name of the source's component, for metrics. */
  readonly component: string
  /** Whether it may make room for newer ones when the spool is full. */
  readonly droppable: boolean
  /** Whether the id was made by the source, which may come again with it. */
  readonly keyed: boolean
  /** Whether it was sent before it came here, so that the broker may have it. */
  readonly tried: boolean
  /** A sequence of the raw stream before any under which the frame can lie there; 0 when none is known. */
  readonly after: number
}

export interface NewFrame extends FrameHead {
  readonly payload: Uint8Array
}

export interface SpoolRecord extends NewFrame {
  /** Place in the order of the spool; numbers go up by one, over all segments. */
  readonly number: number
  /** Number of the record before it. */
  readonly previous: number
}

/** A run of bytes that are no whole records. */
export interface Damage {
  readonly from: number
  readonly to: number
}

export interface ReadSegment {
  readonly records: ReadonlyArray<SpoolRecord>
  readonly damages: ReadonlyArray<Damage>
  /** Behind the last whole record. */
  readonly end: number
  /** Whether what follows `end` is a record whose writing was interrupted; it was never told yes. */
  readonly torn: boolean
}

// A byte that is none of UTF-8, then letters: rare in any text.
const marker = Buffer.from([0xd7, 0x54, 0x52, 0x46])
const prefixBytes = 16
const bodyBytes = 12

/** Bytes that a frame takes on the disk, or a few more. */
export const spooledBytes = ({ payload, ...head }: NewFrame): number =>
  prefixBytes + bodyBytes + Buffer.byteLength(JSON.stringify(head)) + 40 + payload.length

/**
 * Layout, little-endian: marker (4), length of the body (4), CRC-32 of the body (4), CRC-32 of these (4), then the body: number
 * (8), length of the head (4), head as JSON, payload. `segment` is the number in the segment's name; it seeds the checksums, so
 * that a record is none in another segment, nor in a log that quotes one. Where the body alone is damaged the length still
 * leads to the next record.
 */
export const encodeRecord = (segment: number, record: SpoolRecord): Buffer => {
  const { number, payload, previous, ...rest } = record
  const head = Buffer.from(JSON.stringify(previous === number - 1 ? rest : { ...rest, previous }))
  const size = bodyBytes + head.length + payload.length
  const bytes = Buffer.allocUnsafe(prefixBytes + size)
  marker.copy(bytes)
  bytes.writeUInt32LE(size, 4)
  bytes.writeBigUInt64LE(BigInt(number), 16)
  bytes.writeUInt32LE(head.length, 24)
  head.copy(bytes, 28)
  bytes.set(payload, 28 + head.length)
  bytes.writeUInt32LE(crc32(bytes.subarray(prefixBytes), segment >>> 0), 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12), segment >>> 0), 12)
  return bytes
}

/** Reads all whole records of a segment's bytes, whatever lies between them. Never throws. Payloads are views. */
export const readSegment = (segment: number, bytes: Buffer): ReadSegment => {
  const records: Array<SpoolRecord> = []
  const damages: Array<Damage> = []
  for (let at = 0; at < bytes.length; ) {
    const size = sizeAt(segment, bytes, at)
    if (size === undefined) {
      const next = nextRecord(segment, bytes, at + 1)
      if (next === undefined) return { records, damages, end: at, torn: isTorn(bytes, at) }
      damages.push({ from: at, to: next })
      at = next
      continue
    }
    const behind = at + prefixBytes + size
    if (behind > bytes.length) return { records, damages, end: at, torn: true }
    const record = recordIn(segment, bytes, at, behind)
    if (record === undefined) damages.push({ from: at, to: behind })
    else records.push(record)
    at = behind
  }
  return { records, damages, end: bytes.length, torn: false }
}

/** Length of the body of a record that begins at a place. */
const sizeAt = (segment: number, bytes: Buffer, at: number): number | undefined => {
  if (at + prefixBytes > bytes.length || bytes.compare(marker, 0, 4, at, at + 4) !== 0) return undefined
  if (crc32(bytes.subarray(at, at + 12), segment >>> 0) !== bytes.readUInt32LE(at + 12)) return undefined
  const size = bytes.readUInt32LE(at + 4)
  return size < bodyBytes ? undefined : size
}

const nextRecord = (segment: number, bytes: Buffer, from: number): number | undefined => {
  for (let at = bytes.indexOf(marker, from); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    if (sizeAt(segment, bytes, at) !== undefined) return at
  }
  return undefined
}

const recordIn = (segment: number, bytes: Buffer, at: number, end: number): SpoolRecord | undefined => {
  const body = bytes.subarray(at + prefixBytes, end)
  if (crc32(body, segment >>> 0) !== bytes.readUInt32LE(at + 8)) return undefined
  const number = Number(body.readBigUInt64LE(0))
  const payloadAt = bodyBytes + body.readUInt32LE(8)
  const head = JSON.parse(body.toString("utf8", bodyBytes, payloadAt)) as FrameHead
  return { previous: number - 1, ...head, number, payload: body.subarray(payloadAt) }
}

/** Whether the rest looks like a write that was cut short: the beginning of a record's prefix, or nothing but zeros. */
const isTorn = (bytes: Buffer, at: number): boolean => {
  const same = Math.min(bytes.length - at, 4)
  if (bytes.length - at < prefixBytes && bytes.compare(marker, 0, same, at, at + same) === 0) return true
  for (let i = at; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}
