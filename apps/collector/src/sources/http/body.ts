// Body: which of the formats the bytes of a request are, and a reader that begins there.
import { BodyReader, type ReadLimits, type Slice } from "../../http/body-reader.ts"
import { JsonValidator, skipSpace } from "./json-validator.ts"

/** json: an object, an array of objects, or objects one after another. ndjson: one object a line. lines: one message a line. */
export type BodyFormat = "json" | "ndjson" | "lines" | "unknown"

/** Begins to read a body, which belongs to the reader from now on: see there. */
export const openBody = (bytes: Buffer, format: BodyFormat, limits: ReadLimits, slice?: Slice): BodyReader => {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const first = skipSpace(bytes, start, bytes.length)
  const known = format === "unknown" ? sniff(bytes, first, limits.maxMessageBytes) : format
  if (known === "lines") return new BodyReader(bytes, "lines", start, limits, slice)
  if (bytes[first] === openBracket && (format === "json" || closes(bytes))) {
    return new BodyReader(bytes, "array", first, limits, slice)
  }
  return new BodyReader(bytes, known === "ndjson" ? "ndjson" : "objects", first, limits, slice)
}

/** Whether the last byte that is no white space closes an array. */
const closes = (bytes: Buffer): boolean => {
  let last = bytes.length - 1
  while (last >= 0 && isSpace(bytes[last])) last--
  return bytes[last] === closeBracket
}

const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9

/** Without a type a body is JSON when its first value is an object or an array of them. */
const sniff = (bytes: Buffer, first: number, maxMessageBytes: number): "json" | "lines" => {
  if (bytes[first] === openBrace) {
    // What is right as far as a message may go is JSON, though too long.
    const near = Math.min(bytes.length, first + maxMessageBytes + 1)
    const validator = new JsonValidator()
    const right = validator.value(bytes, first, near) >= 0 || (near < bytes.length && validator.errorAt >= near)
    return right ? "json" : "lines"
  }
  if (bytes[first] !== openBracket) return "lines"
  const inner = skipSpace(bytes, first + 1, bytes.length)
  return closes(bytes) && (bytes[inner] === openBrace || bytes[inner] === closeBracket) ? "json" : "lines"
}

const openBracket = 91
const closeBracket = 93
const openBrace = 123
