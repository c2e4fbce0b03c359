// ReadRequest: the body of a request, uncompressed, within limits of length and memory.
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from "node:zlib"
import { type BodyProblem, readBounded } from "@tailrace/access/bounded-body"
import { messageOf } from "../refusal.ts"
import { type Answer, problem } from "./answer.ts"
import type { Permits } from "./permits.ts"

export interface BodyLimits {
  /** Bytes of a body as sent, and after decompression. */
  readonly maxBodyBytes: number
  /** Counts bytes kept; false when there is no room for them. */
  readonly lend: (bytes: number) => boolean
  /** Decompressions of all requests together. */
  readonly decompressions: Permits
}

type ReadOrRefused = { readonly pieces: ReadonlyArray<Buffer> } | { readonly answer: Answer }

const chunkSize = 65_536
/** A map, because names come from senders: an object knows `constructor` too. */
const decompressors = new Map<string, (bytes: Buffer) => Duplex>([
  ["gzip", () => createGunzip({ chunkSize })],
  ["x-gzip", () => createGunzip({ chunkSize })],
  ["zstd", () => createZstdDecompress({ chunkSize })],
  ["br", () => createBrotliDecompress({ chunkSize })],
  // RFC 9110: zlib's format; but some senders mean the bare stream. The low half of zlib's first byte is 8.
  [
    "deflate",
    (bytes: Buffer) => (((bytes[0] ?? 0) & 15) === 8 ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize }))
  ]
])

/** What is left of it is not read over: that alone would cost too much. */
const crumbs = problem(413, "body comes in chunks of a few bytes, send it in larger ones", { connection: "close" })

/** The pieces of the body in order, or the answer that refuses it: 400, 413, 415, 429 or 503. */
export const readRequest = async (request: IncomingMessage, limits: BodyLimits): Promise<ReadOrRefused> => {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  const decompress = decompressors.get(encoding)
  if (encoding !== "identity" && decompress === undefined) {
    const known = [...decompressors.keys()].join(", ")
    const given = JSON.stringify(encoding.slice(0, 80))
    return { answer: problem(415, `content encoding ${given} is unknown, use one of ${known} or none`) }
  }
  const tooLong = problem(413, `body exceeds the limit of ${limits.maxBodyBytes} bytes, send it in parts`)
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBodyBytes) return { answer: tooLong }
  // Refused in the middle, the rest is read over, so that the client gets to read the answer.
  const sent = await collect(request.iterator({ destroyOnReturn: false }), limits, tooLong)
  if ("answer" in sent) request.resume()
  if ("answer" in sent || decompress === undefined) return sent
  // Beyond these their outputs would not fit into memory together, and the threads that do it are few.
  if (!(await limits.decompressions.take())) {
    return { answer: problem(503, "too many compressed bodies wait to be read, nothing is lost if you send it again") }
  }
  try {
    return await unpack(Buffer.concat(sent.pieces), encoding, decompress, limits)
  } finally {
    limits.decompressions.give()
  }
}

const unpack = async (
  compressed: Buffer,
  encoding: string,
  decompress: (bytes: Buffer) => Duplex,
  limits: BodyLimits
): Promise<ReadOrRefused> => {
  const decompressor = decompress(compressed)
  decompressor.end(compressed)
  const bomb = problem(413, `body exceeds the limit of ${limits.maxBodyBytes} bytes after ${encoding} decompression`)
  try {
    return await collect(decompressor, limits, bomb)
  } catch (cause) {
    return { answer: problem(400, `body is not valid ${encoding}: ${messageOf(cause)}`) }
  } finally {
    decompressor.destroy()
  }
}

const collect = async (stream: AsyncIterable<Buffer>, limits: BodyLimits, tooLong: Answer): Promise<ReadOrRefused> => {
  const read = await readBounded(stream, { maxBytes: limits.maxBodyBytes, lend: limits.lend })
  if ("pieces" in read) return read
  const answers: Record<BodyProblem, Answer> = {
    "too-long": tooLong,
    crumbs,
    "no-room": problem(429, "collector is full, try again later")
  }
  return { answer: answers[read.problem] }
}
