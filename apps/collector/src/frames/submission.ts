// Submission: what one sender handed in together; it is told yes when every frame that holds a part of it is acknowledged.

import { forEachMessage, prefixedLength } from "@tailrace/domain/frame"
import { countLines } from "../framing/lines.ts"
import type { Refusal } from "../refusal.ts"
import { dropReasons } from "./admission.ts"
import type { FrameBuilder } from "./frame-builder.ts"
import type { FrameUser, OpenFrames } from "./open-frames.ts"
import type { Origin } from "./origin.ts"
import type { Sampling } from "./sampling.ts"

/** Takes secrets out of bytes before they are anywhere but in memory; undefined where there were none. */
export type Redact = (bytes: Uint8Array, start: number, end: number) => Uint8Array | undefined

export class Submission implements FrameUser {
  readonly origin: Origin
  /** Prefix of the ids of frames that are this submission's alone; undefined when it shares frames with others. */
  readonly id: string | undefined
  /** Whether its frames may have been published in an earlier life. */
  readonly repeated: boolean
  /** The open frame of a submission that shares none. */
  own: FrameBuilder | undefined
  frames = 0
  /** Messages in its frames; those that were left out are counted there. */
  messages = 0
  bytes = 0
  private readonly openFrames: OpenFrames
  private readonly sampling: Sampling
  private readonly redact: Redact | undefined
  private waiting = 0
  private sealed = false
  private refusal: Refusal | undefined
  private settle: ((refusal: Refusal | undefined) => void) | undefined

  constructor(
    openFrames: OpenFrames,
    sampling: Sampling,
    redact: Redact | undefined,
    origin: Origin,
    id: string | undefined,
    repeated: boolean
  ) {
    this.repeated = repeated
    this.redact = redact
    this.openFrames = openFrames
    this.sampling = sampling
    this.origin = origin
    this.id = id
  }

  /**
   * Counts messages that the sender was told no for, in the frame that the next message goes into: handed in again under the
   * same id the submission counts them in the same frame, and that is stored once.
   */
  refuse(messages: number): void {
    if (messages > 0) this.openFrames.frameFor(this, 0, 0).leaveOut(dropReasons.invalid, messages, 0)
  }

  /** Copies one message into the open frame; with layout `lines` it must not contain "\n". */
  message(bytes: Uint8Array, start: number, end: number): void {
    const clean = this.redact?.(bytes, start, end)
    if (clean === undefined) this.cleanMessage(bytes, start, end)
    else this.cleanMessage(clean, 0, clean.length)
  }

  private cleanMessage(bytes: Uint8Array, start: number, end: number): void {
    const frame = this.openFrames.frameFor(this, end - start + 5, 1)
    if (this.sampling.takes(this.origin)) {
      this.messages++
      this.grow(frame.addMessage(bytes, start, end))
    } else {
      const { layout } = this.origin
      frame.leaveOut(dropReasons.sample, 1, layout === "prefixed" ? prefixedLength(end - start) : end - start + 1)
      this.grow(0)
    }
  }

  /** Copies lines that lie together, `messages` of them that are not empty; the last may lack its newline. */
  lines(bytes: Uint8Array, start: number, end: number, messages: number): void {
    const clean = this.redact?.(bytes, start, end)
    if (clean === undefined) this.cleanLines(bytes, start, end, messages)
    else this.cleanLines(clean, 0, clean.length, countLines(clean, 0, clean.length))
  }

  private cleanLines(bytes: Uint8Array, start: number, end: number, messages: number): void {
    const whole = this.sampling.takesAll(this.origin)
    if (whole) this.messages += messages
    for (let at = start; at < end; ) {
      const cut = end - at <= runBytes ? end : cutAtLine(bytes, at, end)
      const frame = this.openFrames.frameFor(
        this,
        cut - at + 1,
        at === start && cut === end ? messages : countLines(bytes, at, cut)
      )
      this.grow(whole ? frame.addLines(bytes, at, cut) : this.sample(frame, bytes, at, cut))
      at = cut
    }
  }

  /** Copies some of the lines and counts the others. Answers the bytes the frame grew by. */
  private sample(frame: FrameBuilder, bytes: Uint8Array, start: number, end: number): number {
    const { length, span } = frame
    let left = 0
    forEachMessage(bytes.subarray(start, end), "lines", (from, to) => {
      if (this.sampling.takes(this.origin)) {
        this.messages++
        frame.addLines(bytes, start + from, start + to)
      } else left++
    })
    frame.span = span
    frame.leaveOut(dropReasons.sample, left, end - start + (bytes[end - 1] === newline ? 0 : 1))
    return frame.length - length
  }

  /** Says that nothing more comes; resolves with undefined when all of it is acknowledged, else with the refusal. */
  done(): Promise<Refusal | undefined> {
    this.openFrames.finish(this)
    this.sealed = true
    return new Promise((resolve) => {
      this.settle = resolve
      this.check()
    })
  }

  /** The side of the frames: one holds a part of this submission. */
  joined(): void {
    this.waiting++
    this.frames++
  }

  /** The side of the frames: one was acknowledged or refused. */
  settled(refusal: Refusal | undefined): void {
    this.waiting--
    this.refusal ??= refusal
    this.check()
  }

  private grow(bytes: number): void {
    this.bytes += bytes
    this.openFrames.grew(this, bytes)
  }

  private check(): void {
    if (this.sealed && this.waiting === 0) this.settle?.(this.refusal)
  }
}

const newline = 10

/** Lines are copied in runs of about this many bytes, so that frames fill evenly. */
const runBytes = 65_536

/** Behind the last line end within `runBytes` of `at`, or behind the first line where none is so near. */
const cutAtLine = (bytes: Uint8Array, at: number, end: number): number => {
  const last = bytes.lastIndexOf(10, at + runBytes - 1)
  if (last >= at) return last + 1
  const first = bytes.indexOf(10, at)
  return first < 0 || first >= end ? end : first + 1
}
