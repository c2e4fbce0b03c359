// Frame: a run of undecoded messages of one source, as the collector publishes it and the parse stage reads it.
import { varintLength, writeVarint } from "./utf8.ts"

/**
 * How messages lie in a frame's payload.
 * - `lines`: each message ends with "\n" (the last may lack it); a "\r" before it belongs to the line end; empty lines are no messages.
 * - `prefixed`: each message is its length as LEB128 unsigned integer, then its bytes; for messages that contain "\n".
 * - `single`: the payload is one message.
 */
export type FrameLayout = "lines" | "prefixed" | "single"

/** Names of the message headers a frame carries; a bare message without them is a frame of layout `lines` and codec `auto`. */
const frameHeaders = {
  layout: "Tailrace-Layout",
  codec: "Tailrace-Codec",
  receivedAt: "Tailrace-Received-At",
  attributes: "Tailrace-Attributes",
  resource: "Tailrace-Resource",
  dropped: "Tailrace-Dropped"
} as const

/** Says that a message was published before: the id of a dead letter, or "range" when a time was replayed. */
export const replayHeader = "Tailrace-Replay"

/** What the headers of a frame say. */
export interface FrameHeader {
  readonly layout: FrameLayout
  /** Codec name, `auto` when the source does not know. */
  readonly codec: string
  /** When the collector received it, milliseconds since 1970; undefined for bare messages: use the broker's time. */
  readonly receivedMillis: number | undefined
  /** Attributes and resource attributes of every record of the frame, such as the file path or the peer's address. */
  readonly attributes: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  /**
   * Records of this source that were dropped before the frame was published: reason to count. They belong to the frame's
   * account, as received and dropped; a frame may carry nothing else.
   */
  readonly dropped?: Readonly<Record<string, number>>
}

/** Header values of a frame, ready for the publisher. Attribute objects travel as JSON in ASCII. */
export const encodeFrameHeader = (header: FrameHeader): Record<string, string> => {
  const headers: Record<string, string> = {
    [frameHeaders.layout]: header.layout,
    [frameHeaders.codec]: header.codec
  }
  if (header.receivedMillis !== undefined) headers[frameHeaders.receivedAt] = String(header.receivedMillis)
  if (Object.keys(header.attributes).length > 0) headers[frameHeaders.attributes] = asciiJson(header.attributes)
  if (Object.keys(header.resource).length > 0) headers[frameHeaders.resource] = asciiJson(header.resource)
  if (header.dropped !== undefined && Object.keys(header.dropped).length > 0) {
    headers[frameHeaders.dropped] = asciiJson(header.dropped)
  }
  return headers
}

/**
 * Reads a frame's headers. Never fails: anybody may publish to the input subjects, so a header that makes no sense
 * counts as absent.
 */
export const decodeFrameHeader = (get: (name: string) => string | undefined): FrameHeader => {
  const layout = get(frameHeaders.layout)
  const received = Number(get(frameHeaders.receivedAt) || Number.NaN)
  const dropped = countsOf(get(frameHeaders.dropped))
  return {
    layout: layout === "prefixed" || layout === "single" ? layout : "lines",
    codec: get(frameHeaders.codec) || "auto",
    receivedMillis: Number.isSafeInteger(received) && received > 0 && received < endOfTime ? received : undefined,
    attributes: textRecord(get(frameHeaders.attributes)),
    resource: textRecord(get(frameHeaders.resource)),
    ...(dropped === undefined ? {} : { dropped })
  }
}

/** In 2106, behind the last whole minute that the ledger's minutes reach to: nobody received anything then. */
const endOfTime = 4_294_967_220_000

/** Bytes that a message of `length` bytes takes in a `prefixed` payload. */
export const prefixedLength = (length: number): number => varintLength(length) + length

/** Writes one message into a `prefixed` payload at `at`; answers the position behind it. */
export const writePrefixed = (target: Uint8Array, at: number, message: Uint8Array): number => {
  const start = writeVarint(target, at, message.length)
  target.set(message, start)
  return start + message.length
}

/**
 * Calls `visit(start, end)` for each message of a payload, in order; answers false when the payload breaks off inside a
 * message (a `prefixed` length that reaches past the end), whose rest is then visited as one message.
 */
export const forEachMessage = (
  payload: Uint8Array,
  layout: FrameLayout,
  visit: (start: number, end: number) => void
): boolean => {
  if (layout === "single") {
    if (payload.length > 0) visit(0, payload.length)
    return true
  }
  if (layout === "lines") {
    let start = 0
    while (start < payload.length) {
      let newline = payload.indexOf(10, start)
      if (newline < 0) newline = payload.length
      const end = newline > start && payload[newline - 1] === 13 ? newline - 1 : newline
      if (end > start) visit(start, end)
      start = newline + 1
    }
    return true
  }
  let position = 0
  while (position < payload.length) {
    const begin = position
    let length = 0
    let scale = 1
    let byte = 128
    while (byte >= 128 && position < payload.length && scale <= 2 ** 28) {
      byte = payload[position++] as number
      length += (byte & 127) * scale
      scale *= 128
    }
    if (byte >= 128 || position + length > payload.length) {
      visit(begin, payload.length)
      return false
    }
    if (length > 0) visit(position, position + length)
    position += length
  }
  return true
}

/**
 * Records that one frame may hold: as many as fit into the longest frame a collector makes by default. A frame is stored,
 * handed on and shown as one, so this bounds what a few compressed bytes can grow to.
 */
export const mostMessages = 131_072

/** Number of messages of a payload. */
export const countMessages = (payload: Uint8Array, layout: FrameLayout): number => {
  let count = 0
  if (layout !== "lines") {
    forEachMessage(payload, layout, () => {
      count++
    })
    return count
  }
  // Byte by byte: a search for each line end costs more where lines are short, and only those are many.
  let start = 0
  for (let at = 0; at <= payload.length; at++) {
    if (at < payload.length && payload[at] !== 10) continue
    const length = at - start - (at > start && payload[at - 1] === 13 ? 1 : 0)
    if (length > 0) count++
    start = at + 1
  }
  return count
}

/** Where the messages that begin in the `bytes` from `start` on end: a part of a payload that can be read by itself. */
export const endOfMessages = (payload: Uint8Array, layout: FrameLayout, start: number, bytes: number): number => {
  const { length } = payload
  const wanted = start + bytes
  if (layout === "single" || wanted >= length) return length
  if (layout === "lines") {
    const newline = payload.indexOf(10, wanted - 1)
    return newline < 0 ? length : newline + 1
  }
  for (let position = start; position < length; ) {
    const begin = position
    if (begin >= wanted) return begin
    let size = 0
    let scale = 1
    let byte = 128
    while (byte >= 128 && position < length && scale <= 2 ** 28) {
      byte = payload[position++] as number
      size += (byte & 127) * scale
      scale *= 128
    }
    if (byte >= 128) return length
    position += size
  }
  return length
}

const asciiJson = (value: Readonly<Record<string, string | number>>): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

const textRecord = (json: string | undefined): Readonly<Record<string, string>> => {
  const target: Record<string, string> = {}
  for (const [key, text] of entriesOf(json)) if (typeof text === "string" && key !== "__proto__") target[key] = text
  return target
}

/** Counts above this are no counts; their sum in a ledger stays exact. */
const mostDropped = 2 ** 40

const countsOf = (json: string | undefined): Readonly<Record<string, number>> | undefined => {
  let target: Record<string, number> | undefined
  for (const [key, count] of entriesOf(json)) {
    if (!Number.isSafeInteger(count) || (count as number) <= 0 || (count as number) > mostDropped) continue
    if (key === "__proto__") continue
    target ??= {}
    target[key] = count as number
  }
  return target
}

const entriesOf = (json: string | undefined): ReadonlyArray<readonly [string, unknown]> => {
  if (!json) return []
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === "object" && value !== null ? Object.entries(value) : []
  } catch {
    return []
  }
}
