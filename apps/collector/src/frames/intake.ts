// Intake: messages of all sources into frames, frames to the broker, acknowledgements back to the senders; bounded by bytes.
import { mostMessages } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { type FrameEncoding, packFrame } from "@tailrace/streams/frame-encoding"
import { within } from "../within.ts"
import { dropReasons, type WhenFull } from "./admission.ts"
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
  /** How payloads are published. */
  readonly encoding: FrameEncoding
  /** Bytes held in memory, open, being published or lent to a source, before sources are told to wait. */
  readonly maxBytes: number
}

/** What the intake needs beside its way out. */
export interface IntakeWorld {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Whether the pipelines are so far behind that sources do what they are configured to. */
  readonly lagging: () => boolean
  /** Called when a frame carries counts of records that were dropped. */
  readonly dropped: (component: string, counts: Readonly<Record<string, number>>) => void
}

/** Milliseconds that counts of lost messages wait for a frame to ride in. */
const countMillis = 1_000

/** Sources whose share of samples, and origins whose frames' size is remembered; beyond it they begin anew. */
const mostOrigins = 10_000

/** Bytes a frame makes room for when nothing is known of its origin. */
const fewBytes = 1_024

export class Intake {
  /** Bytes held now: see `maxBytes`. */
  bytes = 0
  private readonly options: IntakeOptions
  private readonly outlet: Outlet
  private readonly world: IntakeWorld
  private readonly sampled: Map<string, number> = new Map()
  private readonly lost: Map<string, LostCount> = new Map()
  private readonly open: Map<string, FrameBuilder> = new Map()
  /** Bytes to make room for in the next frame, by the key of its origin. */
  private readonly sizes: Map<string, number> = new Map()
  private readonly publishing: Set<Promise<void>> = new Set()
  private waiters: Array<() => void> = []
  private closed = false
  private lingerMillis: number

  constructor(options: IntakeOptions, outlet: Outlet, world: IntakeWorld) {
    this.options = options
    this.lingerMillis = options.lingerMillis
    this.outlet = outlet
    this.world = world
  }

  /**
   * Begins a submission. With an `id` its frames are its own and carry the ids `<id>-0`, `<id>-1`, ... `repeated` ones may
   * have been published in an earlier life of the collector: the broker is asked before they are again.
   */
  submission(origin: Origin, id?: string, repeated = false): Submission {
    return new Submission(this, origin, id, repeated)
  }

  /** Whether there is room for more from a source that does this while the pipelines lag behind. */
  hasRoom(whenFull: WhenFull = "block"): boolean {
    return this.bytes < this.options.maxBytes && !(whenFull === "block" && this.world.lagging())
  }

  /** Why there is no room, in words for a sender. */
  get fullness(): string {
    return this.world.lagging() ? "the pipelines lag behind" : "collector is full"
  }

  /** Resolves when there is room: for sources that can stop reading. */
  async room(whenFull: WhenFull = "block"): Promise<void> {
    while (!this.hasRoom(whenFull) && !this.closed) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Those who wait for room look again: the pipelines caught up. */
  lagChanged(): void {
    this.wakeWaiters()
  }

  /** Counts messages that nobody was told yes for and that are lost: in the source's next frame, or soon in one of its own. */
  countLost(origin: Origin, messages: number, reason: string = dropReasons.noRoom): void {
    let lost = this.lost.get(origin.key)
    if (lost === undefined) {
      lost = { counts: new Map(), timer: setTimeout(() => this.publishLost(origin), countMillis), origin }
      this.lost.set(origin.key, lost)
    }
    lost.counts.set(reason, (lost.counts.get(reason) ?? 0) + messages)
  }

  /** The submission's side: whether all messages of an origin are taken. */
  takesAll({ admission }: Origin): boolean {
    return admission.whenFull !== "sample" || !this.world.lagging()
  }

  /** The submission's side: whether the next message of an origin is taken. */
  takes(origin: Origin): boolean {
    if (this.takesAll(origin)) return true
    const key = `${origin.tenant} ${origin.source}`
    const seen = this.sampled.get(key) ?? 0
    if (this.sampled.size > mostOrigins) this.sampled.clear()
    this.sampled.set(key, seen + 1)
    return seen % origin.admission.sampleRate === 0
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
    for (const { origin } of [...this.lost.values()]) this.publishLost(origin)
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

  /** The submission's side: the frame its next messages go into, so many in so many bytes. */
  frameFor(submission: Submission, bytes: number, messages: number): FrameBuilder {
    let frame = this.openFrame(submission)
    if (frame !== undefined && frame.span > 0 && this.exceeds(frame, bytes, messages)) {
      this.publish(frame)
      submission.own = undefined
      frame = undefined
    }
    frame ??= this.begin(submission)
    frame.given += messages
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
    if (frame === undefined || frame.span < this.options.frameBytes) return
    this.publish(frame)
    submission.own = undefined
  }

  /** The submission's side: nothing more comes, so a frame of its own need not linger. */
  finish(submission: Submission): void {
    if (submission.own === undefined) return
    this.publish(submission.own)
    submission.own = undefined
  }

  private exceeds({ given, span }: FrameBuilder, bytes: number, messages: number): boolean {
    return span + bytes > this.options.maxFrameBytes || given + messages > mostMessages
  }

  private openFrame(submission: Submission): FrameBuilder | undefined {
    return submission.id === undefined ? this.open.get(submission.origin.key) : submission.own
  }

  private begin(submission: Submission): FrameBuilder {
    const { id, origin } = submission
    const now = this.world.now()
    if (id !== undefined) {
      submission.own = new FrameBuilder(origin, now, fewBytes, `${id}-${submission.frames}`, submission.repeated)
      return submission.own
    }
    const frame = new FrameBuilder(origin, now, this.sizes.get(origin.key) ?? fewBytes)
    this.open.set(origin.key, frame)
    frame.timer = setTimeout(() => this.publish(frame), this.lingerMillis)
    return frame
  }

  private publish(frame: FrameBuilder): void {
    clearTimeout(frame.timer)
    if (frame.id === undefined) {
      this.open.delete(frame.origin.key)
      this.remember(frame)
    }
    const { admission, attributes, codec, component, layout, patient, source, tenant } = frame.origin
    const receivedMillis = frame.receivedMillis
    this.addLost(frame)
    const dropped = frame.dropped ?? {}
    if (frame.dropped !== undefined) this.world.dropped(component, dropped)
    const header = { layout, codec, receivedMillis, attributes, resource: {}, dropped }
    const under: Promise<void> = this.outlet
      .deliver({
        subject: inputSubject(tenant, source),
        ...packFrame(header, frame.payload(), this.options.encoding),
        id: frame.id ?? crypto.randomUUID(),
        keyed: frame.id !== undefined,
        repeated: frame.repeated,
        component,
        patient,
        droppable: admission.whenFull === "drop-oldest"
      })
      .then((refusal) => {
        this.publishing.delete(under)
        this.release(frame.length)
        for (const submission of frame.submissions) submission.settled(refusal)
      })
    this.publishing.add(under)
  }

  /** The next frame of this origin makes room for about as much at once: growing by copies costs more than all else here. */
  private remember({ length, origin }: FrameBuilder): void {
    if (this.sizes.size >= mostOrigins) this.sizes.clear()
    this.sizes.set(origin.key, Math.max(fewBytes, Math.ceil(length * 1.125)))
  }

  /** Frames of repeated submissions must not carry them: they are published once or not at all. */
  private addLost(frame: FrameBuilder): void {
    const lost = frame.id === undefined ? this.lost.get(frame.origin.key) : undefined
    if (lost === undefined) return
    clearTimeout(lost.timer)
    this.lost.delete(frame.origin.key)
    for (const [reason, messages] of lost.counts) frame.leaveOut(reason, messages, 0)
  }

  /** In a frame without messages, unless one is open that takes them along. */
  private publishLost(origin: Origin): void {
    if (!this.open.has(origin.key)) this.publish(this.begin(this.submission(origin)))
  }

  private wakeWaiters(): void {
    const waiters = this.waiters
    this.waiters = []
    for (const wake of waiters) wake()
  }
}

interface LostCount {
  /** Messages by reason. */
  readonly counts: Map<string, number>
  readonly timer: ReturnType<typeof setTimeout>
  readonly origin: Origin
}
