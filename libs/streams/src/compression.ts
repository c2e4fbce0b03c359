// Compression: bytes made small by Zstandard on their way over the broker, and back, each in one go.
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"

/** The quickest level that finds what lines of a log have in common. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 }

/** Of one chunk; the result is put together from chunks of 16 KiB otherwise. */
const leastChunk = 1_024
const usualChunk = 65_536

export const compress = (bytes: Uint8Array): Uint8Array =>
  zstdCompressSync(bytes, { params, chunkSize: Math.max(leastChunk, bytes.length) })

/** Throws when the bytes break off, are something else, or hold more than `most`. */
export const decompress = (packed: Uint8Array, most: number): Uint8Array =>
  zstdDecompressSync(packed, {
    chunkSize: Math.max(leastChunk, Math.min(most, sizeOf(packed) ?? usualChunk)),
    maxOutputLength: most
  })

/** How many bytes they say they hold, where they say so (RFC 8878, 3.1.1.1). */
const sizeOf = (packed: Uint8Array): number | undefined => {
  const descriptor = packed[4] ?? 0
  const single = (descriptor >> 5) & 1
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6] as number
  const at = 5 + (1 - single) + ([0, 1, 2, 4][descriptor & 3] as number)
  if (sizeBytes === 0 || sizeBytes === 8 || packed.length < at + sizeBytes) return undefined
  const size = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).readUIntLE(at, sizeBytes)
  return sizeBytes === 2 ? size + 256 : size
}
