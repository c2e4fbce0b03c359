// Submission: what one sender handed in together; it is told yes when every frame that holds a part of it is acknowledged.

import type { Refusal } from "../refusal.ts"
import type { FrameBuilder } from "./frame-builder.ts"
import type { Intake } from "./intake.ts"
import type { Origin } from "./origin.ts"

export class Submission {
  readonly origin: Origin
  /** Prefix of the ids of frames that are this submission's alone; undefined when it shares frames with others. */
  readonly id: string | undefined
  /** The open frame of a submission that shares none. */
  own: FrameBuilder | undefined
  frames = 0
  messages = 0
  bytes = 0
  private readonly intake: Intake
  private waiting = 0
  private sealed = false
  private refusal: Refusal | undefined
  private settle: ((refusal: Refusal | undefined) => void) | undefined

  constructor(intake: Intake, origin: Origin, id: string | undefined) {
    this.intake = intake
    this.origin = origin
    this.id = id
  }

  /** Copies one message into the open frame; with layout `lines` it must not contain "\n". */
  message(bytes: Uint8Array, start: number, end: number): void {
    this.messages++
    this.grow(this.intake.frameFor(this, end - start + 5).addMessage(bytes, start, end))
  }

  /** Copies lines that lie together, `messages` of them that are not empty; the last may lack its newline. */
  lines(bytes: Uint8Array, start: number, end: number, messages: number): void {
    this.messages += messages
    for (let at = start; at < end; ) {
      const cut = end - at <= runBytes ? end : cutAtLine(bytes, at, end)
      this.grow(this.intake.frameFor(this, cut - at + 1).addLines(bytes, at, cut))
      at = cut
    }
  }

  /** Says that nothing more comes; resolves with undefined when all of it is acknowledged, else with the refusal. */
  done(): Promise<Refusal | undefined> {
    this.intake.finish(this)
    this.sealed = true
    return new Promise((resolve) => {
      this.settle = resolve
      this.check()
    })
  }

  /** The intake's side: a frame holds a part of this submission. */
  joined(): void {
    this.waiting++
    this.frames++
  }

  /** The intake's side: a frame was acknowledged or refused. */
  settled(refusal: Refusal | undefined): void {
    this.waiting--
    this.refusal ??= refusal
    this.check()
  }

  private grow(bytes: number): void {
    this.bytes += bytes
    this.intake.grew(this, bytes)
  }

  private check(): void {
    if (this.sealed && this.waiting === 0) this.settle?.(this.refusal)
  }
}

/** Lines are copied in runs of about this many bytes, so that frames fill evenly. */
const runBytes = 65_536

/** Behind the last line end within `runBytes` of `at`, or behind the first line where none is so near. */
const cutAtLine = (bytes: Uint8Array, at: number, end: number): number => {
  const last = bytes.lastIndexOf(10, at + runBytes - 1)
  if (last >= at) return last + 1
  const first = bytes.indexOf(10, at)
  return first < 0 || first >= end ? end : first + 1
}
