// Snapshot codec: a snapshot's bytes in the key-value bucket; compressed, checksummed, cut into chunks when large.
import { crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib"

export interface Snapshot {
  /** Last input sequence the state covers. */
  readonly offset: number
  readonly data: Uint8Array
}

/** What stands under a snapshot's own key: everything, or where the chunks are. */
export interface SnapshotRecord {
  readonly offset: number
  readonly rawLength: number
  readonly checksum: number
  /** 0 when `body` is the compressed data itself. */
  readonly chunks: number
  /** Names the chunks of this version, so that a half-written one is never read. */
  readonly generation: string
  readonly body: Uint8Array
}

/** The bytes cannot be what was written: cut off, altered, or of another format. */
export class SnapshotCorrupt extends Error {}

/** Bytes of a state above which nobody saved it: what says so is no snapshot, whatever it may unpack to. */
export const mostStateBytes = 268_435_456

const MAGIC = 0x54525331 // "TRS1"
const HEAD = 4 + 8 + 4 + 4 + 2 + 2

export const packSnapshot = (snapshot: Snapshot): { readonly checksum: number; readonly compressed: Uint8Array } => ({
  checksum: crc32(snapshot.data),
  compressed: zstdCompressSync(snapshot.data)
})

export const encodeRecord = (record: SnapshotRecord): Uint8Array => {
  const generation = Buffer.from(record.generation, "ascii")
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(MAGIC, 0)
  head.writeDoubleBE(record.offset, 4)
  head.writeUInt32BE(record.rawLength, 12)
  head.writeUInt32BE(record.checksum, 16)
  head.writeUInt16BE(record.chunks, 20)
  head.writeUInt16BE(generation.length, 22)
  return Buffer.concat([head, generation, record.body])
}

export const decodeRecord = (bytes: Uint8Array): SnapshotRecord => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < HEAD || view.readUInt32BE(0) !== MAGIC) throw new SnapshotCorrupt("it is no snapshot record")
  const generationLength = view.readUInt16BE(22)
  if (view.length < HEAD + generationLength) throw new SnapshotCorrupt("its record breaks off")
  const offset = view.readDoubleBE(4)
  const rawLength = view.readUInt32BE(12)
  if (!Number.isSafeInteger(offset) || offset < 0) throw new SnapshotCorrupt(`its offset is ${offset}`)
  if (rawLength > mostStateBytes) throw new SnapshotCorrupt(`it claims to hold ${rawLength} bytes`)
  return {
    offset,
    rawLength,
    checksum: view.readUInt32BE(16),
    chunks: view.readUInt16BE(20),
    generation: view.toString("ascii", HEAD, HEAD + generationLength),
    body: view.subarray(HEAD + generationLength)
  }
}

/** The data of a record, its compressed bytes put together by the caller. Throws SnapshotCorrupt. */
export const unpackSnapshot = (record: SnapshotRecord, compressed: Uint8Array): Snapshot => {
  let data: Uint8Array
  try {
    data = zstdDecompressSync(compressed, { maxOutputLength: Math.max(1, record.rawLength) })
  } catch (cause) {
    throw new SnapshotCorrupt(`its data cannot be decompressed (${cause instanceof Error ? cause.message : cause})`)
  }
  if (data.length !== record.rawLength || crc32(data) !== record.checksum) {
    throw new SnapshotCorrupt("its checksum does not match")
  }
  return { offset: record.offset, data }
}
