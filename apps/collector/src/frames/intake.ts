// Intake: messages of all sources into frames, frames to the broker, acknowledgements back to the senders; bounded by bytes.
import { inputSubject } from "@tailrace/domain/subjects"
import { type FrameEncoding, packFrame } from "@tailrace/streams/frame-encoding"
import { within } from "../within.ts"
import { dropReasons, type WhenFull } from "./admission.ts"
import type { FrameBuilder } from "./frame-builder.ts"
import { OpenFrames, type OpenFramesOptions } from "./open-frames.ts"
import type { Origin } from "./origin.ts"
import type { Outlet } from "./outlet.ts"
import { Sampling } from "./sampling.ts"
import { type Redact, Submission } from "./submission.ts"

export interface IntakeOptions extends OpenFramesOptions {
  /** How payloads are published. */
  readonly encoding: FrameEncoding
  /** Bytes held in memory, open, being published or lent to a source, before sources are told to wait. */
  readonly maxBytes: number
  readonly redact?: Redact
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

export class Intake {
  /** Bytes held now: see `maxBytes`. */
  bytes = 0
  private readonly options: IntakeOptions
  private readonly outlet: Outlet
  private readonly world: IntakeWorld
  private readonly sampling: Sampling
  private readonly lost: Map<string, LostCount> = new Map()
  private readonly frames: OpenFrames
  private readonly publishing: Set<Promise<void>> = new Set()
  private waiters: Array<() => void> = []
  private closed = false

  constructor(options: IntakeOptions, outlet: Outlet, world: IntakeWorld) {
    this.options = options
    this.outlet = outlet
    this.world = world
    this.sampling = new Sampling(() => world.lagging())
    this.frames = new OpenFrames(options, {
      now: world.now,
      grew: (bytes) => {
        this.bytes += bytes
      },
      complete: (frame) => this.publish(frame)
    })
  }

  /**
   * Begins a submission. With an `id` its frames are its own and carry the ids `<id>-0`, `<id>-1`, ... `repeated` ones may
   * have been published in an earlier life of the collector: the broker is asked before they are again.
   */
  submission(origin: Origin, id?: string, repeated = false): Submission {
    return new Submission(this.frames, this.sampling, this.options.redact, origin, id, repeated)
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
    for (const { origin } of [...this.lost.values()]) this.publishLost(origin)
    this.frames.hasten()
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

  private publish(frame: FrameBuilder): void {
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
        for (const waiter of frame.waiters) waiter.settled(refusal)
      })
    this.publishing.add(under)
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
    if (!this.frames.isOpen(origin)) this.frames.completeEmpty(origin)
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
