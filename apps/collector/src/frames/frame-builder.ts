// FrameBuilder: the open frame of one origin, filled with copies of messages until it is published.
import { varintLength, writeVarint } from "@tailrace/domain/utf8"
import type { Refusal } from "../refusal.ts"
import type { Origin } from "./origin.ts"

const newline = 10

/** Whoever waits for the acknowledgement of a frame. */
export interface FrameWaiter {
  /** The frame was acknowledged, or refused. */
  settled(refusal: Refusal | undefined): void
}

export class FrameBuilder {
  readonly origin: Origin
  readonly receivedMillis: number
  /** Message id; undefined lets the publisher make one. */
  readonly id: string | undefined
  /** Whether it may have been published in an earlier life. */
  readonly repeated: boolean
  readonly waiters: Set<FrameWaiter> = new Set()
  length = 0
  /**
   * Bytes it would have if nothing had been left out. It decides where a frame ends, so that frames of a repeated
   * submission cover the same messages whatever was left out this time.
   */
  span = 0
  /** Messages it was given, those that were left out as well, for the same reason. */
  given = 0
  /** Records that were left out, by reason. */
  dropped: Record<string, number> | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  private buffer = Buffer.alloc(0)
  /** Bytes it makes room for at its first message. */
  private readonly expectedBytes: number

  constructor(origin: Origin, receivedMillis: number, expectedBytes: number, id?: string, repeated = false) {
    this.expectedBytes = expectedBytes
    this.repeated = repeated
    this.origin = origin
    this.receivedMillis = receivedMillis
    this.id = id
  }

  /** Appends one message; with layout `lines` it must not contain "\n". Answers the bytes the frame grew by. */
  addMessage(bytes: Uint8Array, start: number, end: number): number {
    const before = this.length
    const size = end - start
    if (this.origin.layout === "prefixed") {
      this.reserve(varintLength(size) + size)
      this.length = writeVarint(this.buffer, this.length, size)
      this.copy(bytes, start, end)
    } else {
      this.reserve(size + 1)
      this.copy(bytes, start, end)
      this.buffer[this.length++] = newline
    }
    this.span += this.length - before
    return this.length - before
  }

  /** Appends lines that lie together; the last may lack its newline. Answers the bytes the frame grew by. */
  addLines(bytes: Uint8Array, start: number, end: number): number {
    const before = this.length
    this.reserve(end - start + 1)
    this.copy(bytes, start, end)
    if (this.buffer[this.length - 1] !== newline) this.buffer[this.length++] = newline
    this.span += this.length - before
    return this.length - before
  }

  /** Counts records that are left out, with the bytes they would have taken. */
  leaveOut(reason: string, records: number, bytes: number): void {
    this.span += bytes
    if (records === 0) return
    this.dropped ??= {}
    this.dropped[reason] = (this.dropped[reason] ?? 0) + records
  }

  payload(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    // Buffer's copy takes any bytes, and unlike `set` needs no view made for each message.
    Buffer.prototype.copy.call(bytes, this.buffer, this.length, start, end)
    this.length += end - start
  }

  private reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.length === 0 ? this.expectedBytes : this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }
}
