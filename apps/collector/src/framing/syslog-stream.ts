// Syslog stream: framing of syslog over TCP after RFC 6587, octet counting and line ends, told apart message by message.
import { ByteCarry } from "./byte-carry.ts"

export interface SyslogStreamSink {
  /** One message and how many of its bytes were cut off; the bytes are valid during the call only. */
  readonly message: (message: Uint8Array, cut: number) => void
  /** The stream ended inside a counted message; what arrived of it has been handed on. */
  readonly incomplete: () => void
}

const NUL = 0
const LF = 10
const CR = 13
const SPACE = 32
const LESS = 60
/** A longer message is not believed to follow: what looks like its length then begins a line. */
const mostOctets = 64 * 1024 * 1024
const maxDigits = 8

/**
 * `MSGLEN SP "<"` begins a counted message (section 3.4.1), anything else a line (section 3.4.2), which a line end or NUL ends. So a sender that mixes
 * both, or whose line begins with a digit, loses nothing; a length that lies costs no memory, because bytes past the cap
 * are thrown away and counted as they arrive.
 */
export class SyslogStream {
  readonly #maxBytes: number
  readonly #sink: SyslogStreamSink
  readonly #carry = new ByteCarry()
  #state: "start" | "counted" | "line" = "start"
  /** Octets of the counted message that are still to come. */
  #missing = 0
  #cut = 0

  constructor(maxBytes: number, sink: SyslogStreamSink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Bytes held of a message whose rest has not come. */
  get held(): number {
    return this.#carry.length
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk
    let at = 0
    // A beginning that was too short to tell waits in the carry, at most a few bytes.
    if (this.#state === "start" && this.#carry.length > 0) {
      const joined = new Uint8Array(this.#carry.length + chunk.length)
      joined.set(this.#carry.view)
      joined.set(chunk, this.#carry.length)
      this.#carry.clear()
      bytes = joined
    }
    while (at < bytes.length) {
      if (this.#state === "counted") at = this.#counted(bytes, at)
      else if (this.#state === "line") at = this.#line(bytes, at)
      else if (bytes[at] === LF || bytes[at] === CR || bytes[at] === NUL) at++
      else {
        const head = countOf(bytes, at)
        if (head === "more") {
          this.#carry.append(bytes, at, bytes.length)
          return
        }
        this.#state = head === "line" ? "line" : "counted"
        if (head === "line") continue
        this.#missing = head.length
        at = head.from
      }
    }
  }

  /** The connection was closed in order. */
  end(): void {
    if (this.#state === "counted") {
      if (this.#carry.length > 0) this.#emit()
      this.#sink.incomplete()
    } else if (this.#carry.length > 0) this.#emit()
  }

  #counted(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#missing)
    this.#missing -= end - at
    this.#hold(bytes, at, end)
    if (this.#missing === 0) this.#emit()
    return end
  }

  #line(bytes: Uint8Array, at: number): number {
    const newline = bytes.indexOf(LF, at)
    let end = newline < 0 ? bytes.length : newline
    // Senders such as Python's SysLogHandler and Cisco's ASA end a message with NUL and no line end (section 3.4.2).
    const nul = bytes.subarray(at, end).indexOf(NUL)
    if (nul >= 0) end = at + nul
    this.#hold(bytes, at, end)
    if (end === bytes.length) return end
    this.#emit()
    return end + 1
  }

  #hold(bytes: Uint8Array, start: number, end: number) {
    const fits = Math.min(end - start, this.#maxBytes - this.#carry.length)
    if (fits > 0) this.#carry.append(bytes, start, start + fits)
    this.#cut += end - start - fits
  }

  #emit() {
    const message = withoutLineEnd(this.#carry.view)
    if (message.length > 0) this.#sink.message(message, this.#cut)
    this.#carry.clear()
    this.#cut = 0
    this.#state = "start"
  }
}

/** The length that begins at `at` and where its message begins; "line" when none does, "more" when it is too early to say. */
const countOf = (
  bytes: Uint8Array,
  at: number
): { readonly length: number; readonly from: number } | "line" | "more" => {
  let position = at
  let length = 0
  while (position < bytes.length && position - at < maxDigits) {
    const byte = bytes[position] as number
    if (byte < 48 || byte > 57 || (byte === 48 && position === at)) break
    length = length * 10 + byte - 48
    position++
  }
  if (position === bytes.length) return "more"
  if (position === at || bytes[position] !== SPACE) return "line"
  if (position + 1 === bytes.length) return "more"
  return bytes[position + 1] === LESS && length <= mostOctets ? { length, from: position + 1 } : "line"
}

/** A message without one line end behind it, which many senders add and none means. */
export const withoutLineEnd = (message: Uint8Array): Uint8Array => {
  let end = message.length
  if (message[end - 1] === LF) end--
  if (message[end - 1] === CR) end--
  return message.subarray(0, end)
}
