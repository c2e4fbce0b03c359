// Intake: messages of all sources into frames, frames to the broker, acknowledgements back to the senders; bounded by bytes.
import { encodeFrameHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { within } from "../within.ts"
import { FrameBuilder } from "./frame-builder.ts"
import type { Origin } from "./origin.ts"
import type { Outlet } from "./outlet.ts"
import { Submission } from "./submission.ts"

export interface IntakeOptions {
  /** A frame is published once it holds this many bytes. */
  readonly frameBytes: number
  /** No frame grows beyond this, unless one message alone is longer. */
  readonly maxFrameBytes: number
  /** Milliseconds an open frame waits for more. */
  readonly lingerMillis: number
  /** Bytes held in memory, open, being published or lent to a source, before sources are told to wait. */
  readonly maxBytes: number
}

export class Intake {
  /** Bytes held now: see `maxBytes`. */
  bytes = 0
  private readonly options: IntakeOptions
  private readonly outlet: Outlet
  private readonly now: () => number
  private readonly open: Map<string, FrameBuilder> = new Map()
  private readonly publishing: Set<Promise<void>> = new Set()
  private waiters: Array<() => void> = []
  private closed = false
  private lingerMillis: number

  /** `now`: milliseconds since 1970. */
  constructor(options: IntakeOptions, outlet: Outlet, now: () => number) {
    this.options = options
    this.lingerMillis = options.lingerMillis
    this.outlet = outlet
    this.now = now
  }

  /** Begins a submission. With an `id` its frames are its own and carry the ids `<id>-0`, `<id>-1`, ... */
  submission(origin: Origin, id?: string): Submission {
    return new Submission(this, origin, id)
  }

  /** Whether there is room for more. */
  hasRoom(): boolean {
    return this.bytes < this.options.maxBytes
  }

  /** Resolves when there is room: for sources that can stop reading. */
  async room(): Promise<void> {
    while (!this.hasRoom() && !this.closed) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Counts bytes a source keeps before they are in a frame, if they fit; `release` gives them back. */
  lend(bytes: number): boolean {
    if (this.bytes + bytes > this.options.maxBytes) return false
    this.bytes += bytes
    return true
  }

  release(bytes: number): void {
    this.bytes -= bytes
    if (this.hasRoom()) this.wakeWaiters()
  }

  /** Publishes what is open, and from now on lets no frame wait for more: the end has begun. */
  hasten(): void {
    this.lingerMillis = 0
    for (const frame of [...this.open.values()]) this.publish(frame)
  }

  /** Publishes what is open and waits for what is under way; what is not taken within `millis` is the outlet's to end. */
  async close(millis: number): Promise<void> {
    this.hasten()
    await within(millis, this.settled())
    await this.outlet.stop()
    await this.settled()
    this.closed = true
    this.wakeWaiters()
  }

  private async settled(): Promise<void> {
    while (this.publishing.size > 0) await Promise.all(this.publishing)
  }

  /** The submission's side: the frame its next `bytes` bytes go into. */
  frameFor(submission: Submission, bytes: number): FrameBuilder {
    let frame = this.openFrame(submission)
    if (frame !== undefined && frame.length > 0 && frame.length + bytes > this.options.maxFrameBytes) {
      this.publish(frame)
      submission.own = undefined
      frame = undefined
    }
    frame ??= this.begin(submission)
    if (!frame.submissions.has(submission)) {
      frame.submissions.add(submission)
      submission.joined()
    }
    return frame
  }

  /** The submission's side: its open frame grew. */
  grew(submission: Submission, bytes: number): void {
    this.bytes += bytes
    const frame = this.openFrame(submission)
    if (frame === undefined || frame.length < this.options.frameBytes) return
    this.publish(frame)
    submission.own = undefined
  }

  /** The submission's side: nothing more comes, so a frame of its own need not linger. */
  finish(submission: Submission): void {
    if (submission.own === undefined) return
    this.publish(submission.own)
    submission.own = undefined
  }

  private openFrame(submission: Submission): FrameBuilder | undefined {
    return submission.id === undefined ? this.open.get(submission.origin.key) : submission.own
  }

  private begin(submission: Submission): FrameBuilder {
    const { id, origin } = submission
    const now = this.now()
    if (id !== undefined) {
      submission.own = new FrameBuilder(origin, now, `${id}-${submission.frames}`)
      return submission.own
    }
    const frame = new FrameBuilder(origin, now, undefined)
    this.open.set(origin.key, frame)
    frame.timer = setTimeout(() => this.publish(frame), this.lingerMillis)
    return frame
  }

  private publish(frame: FrameBuilder): void {
    clearTimeout(frame.timer)
    if (frame.id === undefined) this.open.delete(frame.origin.key)
    const { attributes, codec, component, layout, patient, source, tenant } = frame.origin
    const receivedMillis = frame.receivedMillis
    const under: Promise<void> = this.outlet
      .deliver({
        subject: inputSubject(tenant, source),
        payload: frame.payload(),
        headers: encodeFrameHeader({ layout, codec, receivedMillis, attributes, resource: {} }),
        id: frame.id ?? crypto.randomUUID(),
        keyed: frame.id !== undefined,
        component,
        patient,
        droppable: false
      })
      .then((refusal) => {
        this.publishing.delete(under)
        this.release(frame.length)
        for (const submission of frame.submissions) submission.settled(refusal)
      })
    this.publishing.add(under)
  }

  private wakeWaiters(): void {
    const waiters = this.waiters
    this.waiters = []
    for (const wake of waiters) wake()
  }
}
