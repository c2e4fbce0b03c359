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
  message(bytes: Buffer, start: number, end: number): void {
    this.grow(this.intake.frameFor(this, end - start + 5).addMessage(bytes, start, end), 1)
  }

  /** Copies lines that lie together, at most some 64 KiB unless it is one line; the last may lack its newline. */
  lines(bytes: Buffer, start: number, end: number, messages: number): void {
    this.grow(this.intake.frameFor(this, end - start + 1).addLines(bytes, start, end, messages), messages)
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

  private grow(bytes: number, messages: number): void {
    this.bytes += bytes
    this.messages += messages
    this.intake.grew(this, bytes)
  }

  private check(): void {
    if (this.sealed && this.waiting === 0) this.settle?.(this.refusal)
  }
}
