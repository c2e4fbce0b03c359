// ForeignProtocol: what a web page can make a browser say to a port of syslog: HTTP, TLS, WebRTC (STUN) and QUIC.
import { ByteCarry } from "./byte-carry.ts"

export type ForeignProtocol = "http" | "tls" | "stun" | "quic"

const LF = 10
const CR = 13
const SPACE = 32
/** Longest beginning that is held until it can be judged, and longest name of a method. */
const mostHeld = 8_192
const longestMethod = 32
const version = [..."HTTP/"].map((letter) => letter.charCodeAt(0))
/** RFC 8489, section 5: bytes 4 to 7 of a message of STUN; over TCP a length may stand before it (RFC 4571). */
const stunCookie = 0x2112a442

/**
 * Judges the beginning of a connection, however small the pieces it arrives in. HTTP is a first line `METHOD target HTTP/1.1`
 * (HTTP/2's preface is one too), TLS a handshake's record. A syslog message begins with `<` or its length, so text of HTTP
 * inside one is none; and a line without either is held only as long as it may still become a request line.
 */
export class FirstBytes {
  readonly #held = new ByteCarry()
  #state: "start" | "binary" | "method" | "target" | "version" = "start"
  /** Where the part of the line begins that is being read. */
  #from = 0
  #at = 0

  /** Bytes that wait to be judged. */
  get held(): number {
    return this.#held.length
  }

  /** The bytes to go on with once it is known that they are no foreign protocol; undefined while it is not. */
  push(chunk: Uint8Array): Uint8Array | ForeignProtocol | undefined {
    let start = 0
    if (this.#state === "start") {
      // As the framer behind does; they must not push a request line out of the first place.
      while (start < chunk.length && (chunk[start] === LF || chunk[start] === CR)) start++
      if (start === chunk.length) return undefined
      const first = chunk[start] as number
      if (isLetter(first)) this.#state = "method"
      else if (first < 4 || first === 0x16) this.#state = "binary"
      else return chunk.subarray(start)
    }
    this.#held.append(chunk, start, chunk.length)
    const judged = this.#state === "binary" ? this.#binary() : this.#line()
    return judged === "none" ? this.#held.view : judged
  }

  /** The connection ended before it was known: the bytes that were held, or what they are. */
  end(): Uint8Array | ForeignProtocol {
    if (this.#state === "version" && this.#isVersion(this.#held.length)) return "http"
    return this.#held.view
  }

  #binary(): ForeignProtocol | "none" | undefined {
    const bytes = this.#held.view
    if (bytes[0] === 0x16) return bytes.length < 2 ? undefined : bytes[1] === 0x03 ? "tls" : "none"
    if (bytes.length < 10) return undefined
    return isCookie(bytes, 4) || isCookie(bytes, 6) ? "stun" : "none"
  }

  #line(): ForeignProtocol | "none" | undefined {
    const bytes = this.#held.view
    for (; this.#at < bytes.length; this.#at++) {
      const byte = bytes[this.#at] as number
      if (this.#state === "version") {
        if (byte === LF) return this.#isVersion(this.#at) ? "http" : "none"
        if (this.#at - this.#from > 16) return "none"
      } else if (byte === LF) return "none"
      else if (this.#state === "method") {
        if (byte === SPACE) this.#next("target")
        else if (!isLetter(byte) || this.#at >= longestMethod) return "none"
      } else if (byte === SPACE) {
        if (this.#at === this.#from) return "none"
        this.#next("version")
      }
    }
    if (bytes.length <= mostHeld) return undefined
    // Longer than any that is waited for: a path without a blank is a request's.
    return this.#state === "target" && bytes[this.#from] === 47 ? "http" : "none"
  }

  #next(state: "target" | "version"): void {
    this.#state = state
    this.#from = this.#at + 1
  }

  /** Whether `HTTP/` and digits, with a dot between or not, stand from `from` up to `end`, a carriage return behind or not. */
  #isVersion(end: number): boolean {
    const bytes = this.#held.view
    const behind = bytes[end - 1] === CR ? end - 1 : end
    const digits = this.#from + version.length
    if (digits >= behind || !version.every((byte, i) => bytes[this.#from + i] === byte)) return false
    for (let at = digits; at < behind; at++) {
      const byte = bytes[at] as number
      if (byte !== 46 && (byte < 48 || byte > 57)) return false
    }
    return true
  }
}

/** What a datagram is that a browser was made to send by WebRTC or WebTransport; undefined for all others. */
export const foreignDatagram = (bytes: Uint8Array): ForeignProtocol | undefined => {
  const first = bytes[0] ?? SPACE
  if (first < 4 && isCookie(bytes, 4)) return "stun"
  // RFC 9000, section 17.2: a long header; 14.1: the first datagram has 1,200 bytes at least. A text has no byte 0 there.
  const long = first >= 0xc0 && bytes.length >= 1_200 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0
  return long && bytes[4] === 1 ? "quic" : undefined
}

const isLetter = (byte: number): boolean => ((byte | 32) >= 97 && (byte | 32) <= 122) || byte === 45

const isCookie = (bytes: Uint8Array, at: number): boolean =>
  at + 4 <= bytes.length && Buffer.prototype.readUInt32BE.call(bytes, at) === stunCookie
