// SpoolOutlet: frames to the broker while it takes them, and over the spool, in order, while it does not.
import { backoffMillis } from "@tailrace/streams/backoff"
import { messageOf, type Refusal } from "../refusal.ts"
import { SpoolDrain } from "../spool/drain.ts"
import { spooledBytes } from "../spool/record.ts"
import { type Spool, sentAtOnce } from "../spool/spool.ts"
import { type Broker, isRefusal, type OutgoingFrame, type Outlet } from "./outlet.ts"
import { Pause } from "./pause.ts"

interface Entry {
  readonly frame: OutgoingFrame
  readonly settle: (refusal: Refusal | undefined) => void
  /** Whether it was sent, so that the broker may have it, and behind which sequence it would then lie. */
  tried: boolean
  after: number
}

const backoff = { first: 100, most: 5_000 }
/** How often a state that tells nobody of its change is looked at. */
const lookMillis = 100
/** Bytes written with one sync. */
const writeBytes = 8_388_608

/**
 * direct: frames go to the broker, nothing is on the disk. spooling: frames go to the disk and from there to the broker.
 * handover: the last frames of the disk are on their way; new ones wait in memory for how that ends.
 */
type Mode = "direct" | "spooling" | "handover"

export class SpoolOutlet implements Outlet {
  private readonly spool: Spool
  private readonly broker: Broker
  private readonly report: (problem: string | undefined) => void
  private readonly drain: SpoolDrain
  private readonly writePause = new Pause()
  private readonly drainPause = new Pause()
  private readonly flying: Map<Entry, AbortController> = new Map()
  private queue: Array<Entry> = []
  private mode: Mode = "direct"
  private appending = false
  private stopping = false
  private stopped = false
  private failures = 0
  private writing: Promise<void> | undefined
  private draining: Promise<void> | undefined

  /** `report` is told why frames go to the disk, and with undefined that they do no longer. */
  constructor(spool: Spool, broker: Broker, report: (problem: string | undefined) => void) {
    this.spool = spool
    this.broker = broker
    this.report = report
    this.drain = new SpoolDrain(spool, broker)
    if (!spool.isEmpty) this.divert("frames of an earlier life are still to be sent")
  }

  deliver(frame: OutgoingFrame): Promise<Refusal | undefined> {
    if (this.stopped) return Promise.resolve(stopped)
    if (frame.keyed && this.spool.has(frame.id)) return Promise.resolve(undefined)
    return new Promise((settle) => this.start({ frame, settle, tried: frame.repeated, after: 0 }))
  }

  /** The connection changed: what is in flight over a lost one goes to the disk, and a new one is used at once. */
  connectionChanged(): void {
    if (this.broker.connected()) this.failures = 0
    else this.divert("disconnected from nats")
    this.drainPause.wake()
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.divert("the collector stops")
    this.drain.stop()
    this.drainPause.wake()
    await this.draining
    this.writePause.wake()
    await this.writing
    this.mode = "spooling"
    await this.write()
    this.stopped = true
    for (const { settle } of this.queue.splice(0)) settle(stopped)
    await this.spool.close()
  }

  private start(entry: Entry): void {
    const waits = entry.frame.droppable && this.broker.lagging()
    // On the way over the disk the broker is asked whether it has it.
    const mayWait = waits || entry.tried
    if (this.mode === "direct" && !mayWait && !this.stopping) {
      this.fly(entry)
      return
    }
    this.queue.push(entry)
    if (this.mode === "direct")
      this.divert(waits ? "the pipelines lag behind" : "a source begins with what it may have sent before")
    this.startWriting()
    this.writePause.wake()
  }

  private fly(entry: Entry): void {
    const { broker } = this
    const abort = new AbortController()
    entry.after = broker.sequence()
    this.flying.set(entry, abort)
    broker.publish(entry.frame, abort.signal).then((result) => {
      // Otherwise it has gone to the disk meanwhile.
      if (!this.flying.has(entry)) return
      const refusal = isRefusal(result) ? result : undefined
      broker.attempted(entry.frame.component, refusal)
      if (refusal !== undefined && refusal.reason !== "too-large") return this.divert(refusal.message)
      this.flying.delete(entry)
      if (refusal === undefined) this.failures = 0
      entry.settle(refusal)
    })
  }

  /** From now on frames go to the disk, first those that are in flight. */
  private divert(problem: string): void {
    if (this.mode === "direct") {
      const moved = [...this.flying]
      this.flying.clear()
      for (const [entry, abort] of moved) {
        entry.tried = true
        abort.abort()
      }
      this.queue = [...moved.map(([entry]) => entry), ...this.queue]
      this.mode = "spooling"
      this.failures++
      if (!this.stopping) this.report(problem)
      this.startDraining()
    }
    this.startWriting()
  }

  private startDraining(): void {
    if (this.draining !== undefined || this.mode === "direct" || this.stopping) return
    this.draining = this.empty().finally(() => {
      this.draining = undefined
      this.startDraining()
    })
  }

  private startWriting(): void {
    if (this.writing !== undefined || this.queue.length === 0 || this.mode !== "spooling") return
    this.writing = this.write().finally(() => {
      this.writing = undefined
      if (!this.stopping) this.startWriting()
    })
  }

  /** Writes what waits in memory to the disk, in order, until nothing waits. */
  private async write(): Promise<void> {
    for (let failures = 0; this.queue.length > 0 && this.mode === "spooling"; ) {
      try {
        const batch = this.nextBatch()
        if (batch.length > 0) {
          await this.append(batch)
          failures = 0
          continue
        }
        if (this.queue.some(({ frame }) => frame.droppable) && (await this.spool.dropOldest())) continue
        this.refuseImpatient({
          reason: "full",
          message: `the spool is full and the broker takes nothing: ${this.drain.problem}`
        })
      } catch (cause) {
        const problem = `the spool cannot be written: ${messageOf(cause)}`
        this.report(problem)
        this.refuseImpatient({ reason: "unavailable", message: problem })
      }
      if (this.stopping) return
      if (this.queue.length > 0) await this.writePause.wait(backoffMillis(failures++, backoff, this.broker.random))
    }
  }

  /** The frames waiting longest, as many as there is room for on the disk. */
  private nextBatch(): ReadonlyArray<Entry> {
    let bytes = 0
    let count = 0
    for (const entry of this.queue) {
      const size = spooledBytes(newFrame(entry))
      if (bytes + size > writeBytes && count > 0) break
      if (!this.spool.fits(bytes + size)) break
      bytes += size
      count++
    }
    return this.queue.slice(0, count)
  }

  private async append(batch: ReadonlyArray<Entry>): Promise<void> {
    this.appending = true
    // A source may bring a frame again while the first one is still on its way here.
    const ids = new Set<string>()
    const fresh = batch.filter(({ frame: { id, keyed } }) => {
      if (!keyed) return true
      const known = ids.has(id) || this.spool.has(id)
      ids.add(id)
      return !known
    })
    try {
      if (fresh.length > 0) await this.spool.append(fresh.map(newFrame))
    } finally {
      this.appending = false
    }
    this.queue.splice(0, batch.length)
    for (const { settle } of batch) settle(undefined)
  }

  private refuseImpatient(refusal: Refusal): void {
    const waiting = this.queue
    this.queue = waiting.filter(({ frame }) => frame.patient)
    for (const { frame, settle } of waiting) {
      if (frame.patient) continue
      this.broker.attempted(frame.component, refusal)
      settle(refusal)
    }
  }

  /** Sends what is on the disk until there is nothing, and then lets frames go to the broker again. */
  private async empty(): Promise<void> {
    while (!this.stopping) {
      if (this.failures > 0) await this.drainPause.wait(backoffMillis(this.failures - 1, backoff, this.broker.random))
      if (this.stopping) return
      if (!this.broker.connected() || this.broker.lagging()) {
        this.spoolOn()
        await this.drainPause.wait(lookMillis)
        continue
      }
      // Under load the disk would never be empty if frames went on to it until it is.
      if (this.spool.frames <= sentAtOnce) this.mode = "handover"
      if (this.spool.isEmpty) {
        if (!this.appending) return this.handOver()
        await this.drainPause.wait(lookMillis)
        continue
      }
      if (await this.drain.round()) {
        this.failures = 0
        this.writePause.wake()
      } else {
        this.failures++
        this.report(this.drain.problem)
        this.spoolOn()
      }
    }
  }

  private spoolOn(): void {
    this.mode = "spooling"
    this.startWriting()
  }

  private handOver(): void {
    this.mode = "direct"
    this.report(undefined)
    const waiting = this.queue
    this.queue = []
    for (const entry of waiting) this.start(entry)
  }
}

const stopped: Refusal = { reason: "stopping", message: "the collector stops" }

const newFrame = ({ after, frame, tried }: Entry) => {
  const { component, droppable, headers, id, keyed, payload, subject } = frame
  return { subject, id, headers, component, droppable, keyed, tried, after, payload }
}
