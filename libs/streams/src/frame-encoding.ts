// Frame encoding: payloads of frames compressed on their way over the broker, and frames as their readers see them.
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { decodeFrameHeader, encodeFrameHeader, type FrameHeader } from "@tailrace/domain/frame"

/** How a payload lies in the broker; without the header as it is. */
export type FrameEncoding = "none" | "zstd"

const encodingHeader = "Tailrace-Encoding"

/** The quickest level that finds what lines of a log have in common: a fifth of the bytes. */
const compression = { [constants.ZSTD_c_compressionLevel]: 1 }

/** Shorter payloads gain nothing that is worth a call. */
const fewBytes = 1_024

/** The longest message the shipped broker takes: no frame is more, compressed or not, and a few bytes never become gigabytes. */
const mostBytes = 8_388_608

/** Headers and payload as they are published. A payload that is longer than 8 MiB or would not shrink stays as it is. */
export const packFrame = (
  header: FrameHeader,
  payload: Uint8Array,
  encoding: FrameEncoding
): { readonly headers: Record<string, string>; readonly payload: Uint8Array } => {
  const headers = encodeFrameHeader(header)
  if (encoding === "none" || payload.length < fewBytes || payload.length > mostBytes) return { headers, payload }
  // One chunk, for the result is put together from chunks of 16 KiB otherwise.
  const packed = zstdCompressSync(payload, { params: compression, chunkSize: payload.length })
  return packed.length < payload.length
    ? { headers: { ...headers, [encodingHeader]: encoding }, payload: packed }
    : { headers, payload }
}

export interface UnpackedFrame {
  readonly header: FrameHeader
  readonly payload: Uint8Array
  /** How the payload was published. */
  readonly encoding: FrameEncoding
}

/**
 * Header and payload of a published frame, the payload as it was before it was compressed. Never fails: what does not
 * unpack, or to more than 8 MiB, is one message of the bytes as they came.
 */
export const unpackFrame = (get: (name: string) => string | undefined, data: Uint8Array): UnpackedFrame => {
  const header = decodeFrameHeader(get)
  if (get(encodingHeader) !== "zstd") return { header, payload: data, encoding: "none" }
  try {
    const payload = zstdDecompressSync(data, { chunkSize: chunkFor(data), maxOutputLength: mostBytes })
    return { header, payload, encoding: "zstd" }
  } catch {
    return { header: { ...header, layout: "single" }, payload: data, encoding: "none" }
  }
}

/** Bytes of one chunk: all that the data says it holds, where it says so (RFC 8878, 3.1.1.1). */
const chunkFor = (data: Uint8Array): number => {
  const descriptor = data[4] ?? 0
  const single = (descriptor >> 5) & 1
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6] as number
  const at = 5 + (1 - single) + ([0, 1, 2, 4][descriptor & 3] as number)
  if (sizeBytes === 0 || sizeBytes === 8 || data.length < at + sizeBytes) return usualChunk
  const size = Buffer.from(data.buffer, data.byteOffset, data.byteLength).readUIntLE(at, sizeBytes)
  return Math.min(mostBytes, Math.max(fewBytes, sizeBytes === 2 ? size + 256 : size))
}

const usualChunk = 65_536
