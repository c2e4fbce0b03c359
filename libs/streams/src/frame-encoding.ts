// Frame encoding: payloads of frames compressed on their way over the broker, and frames as their readers see them.
import { decodeFrameHeader, encodeFrameHeader, type FrameHeader } from "@tailrace/domain/frame"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import { compress, decompress } from "./compression.ts"
import type { Delivery } from "./delivery.ts"

/** How a payload lies in the broker; without the header as it is. */
export type FrameEncoding = "none" | "zstd"

const encodingHeader = "Tailrace-Encoding"

/** The header that says how a payload lies; none for one as it is. */
export const encodingHeaders = (encoding: FrameEncoding): Readonly<Record<string, string>> =>
  encoding === "none" ? {} : { [encodingHeader]: encoding }

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
  const packed = compress(payload)
  return packed.length < payload.length
    ? { headers: { ...headers, ...encodingHeaders(encoding) }, payload: packed }
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
    return { header, payload: decompress(data, mostBytes), encoding: "zstd" }
  } catch {
    return { header: { ...header, layout: "single" }, payload: data, encoding: "none" }
  }
}

/** A message of the raw stream as pipelines take it. */
export const rawFrameOf = ({ data, headers, receivedMillis, sequence, subject }: Delivery): RawFrame => {
  const { header, payload } = unpackFrame((name) => headers.get(name), data)
  return { sequence, subject, header, payload, storedMillis: receivedMillis }
}
