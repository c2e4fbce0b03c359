// Pace: when how many events are due, and how they are gathered into frames.
import { EventSource } from "./events.ts"

export interface Frame {
  readonly bytes: Buffer
  readonly events: number
  /** When its oldest event was made, milliseconds since 1970. */
  readonly oldestMillis: number
}

/** Where frames go. */
export interface Outlet {
  /** Frames that may be on their way at once. */
  readonly window: number
  /** Resolves when the frame is acknowledged. */
  readonly send: (frame: Frame) => Promise<void>
}

export interface Sent {
  readonly made: number
  readonly acknowledged: number
  /** Milliseconds in which events were due but the window was full. */
  readonly heldMillis: number
}

const tickMillis = 4
const frameEvents = 270
/** A frame that is not full goes out after this long. */
const lingerMillis = 5
/** What was not sent on time is made up for, but not more than this much of it. */
const mostBehindMillis = 200

/** Makes events at a rate that can be changed at any time: 0 is none, infinity as fast as acknowledgements allow. */
export class Pace {
  readonly #source = new EventSource()
  readonly #outlet: Outlet
  #rate = 0
  #paused = false
  #lastTick = performance.now()
  #due = 0
  #open: { chunks: Array<Buffer>; events: number; oldestMillis: number } = { chunks: [], events: 0, oldestMillis: 0 }
  #underway = 0
  #made = 0
  #acknowledged = 0
  #heldMillis = 0

  constructor(outlet: Outlet) {
    this.#outlet = outlet
    setInterval(() => this.#tick(), tickMillis)
  }

  set rate(eventsPerSecond: number) {
    this.#rate = eventsPerSecond
    this.#due = 0
    this.#lastTick = performance.now()
  }

  set paused(paused: boolean) {
    this.#paused = paused
    if (!paused) this.#fill()
  }

  get sent(): Sent {
    return { made: this.#made, acknowledged: this.#acknowledged, heldMillis: this.#heldMillis }
  }

  #tick(): void {
    const now = performance.now()
    const passed = now - this.#lastTick
    this.#lastTick = now
    if (Number.isFinite(this.#rate)) {
      this.#due = Math.min(this.#due + (passed * this.#rate) / 1_000, (mostBehindMillis * this.#rate) / 1_000)
    }
    if (this.#due >= 1 && this.#underway >= this.#outlet.window) this.#heldMillis += passed
    this.#fill()
    if (this.#open.events > 0 && Date.now() - this.#open.oldestMillis >= lingerMillis) this.#flush()
  }

  #fill(): void {
    const unlimited = this.#rate === Number.POSITIVE_INFINITY
    while (!this.#paused && this.#underway < this.#outlet.window && (unlimited || this.#due >= 1)) {
      const now = Date.now()
      const room = frameEvents - this.#open.events
      const { bytes, events } = this.#source.take(unlimited ? room : Math.min(room, Math.floor(this.#due)), now)
      if (this.#open.events === 0) this.#open.oldestMillis = now
      this.#open.chunks.push(bytes)
      this.#open.events += events
      if (!unlimited) this.#due -= events
      if (this.#open.events >= frameEvents) this.#flush()
    }
  }

  #flush(): void {
    const { chunks, events, oldestMillis } = this.#open
    this.#open = { chunks: [], events: 0, oldestMillis: 0 }
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
    this.#underway++
    this.#made += events
    void this.#outlet.send({ bytes, events, oldestMillis }).then(() => {
      this.#underway--
      this.#acknowledged += events
      if (this.#rate === Number.POSITIVE_INFINITY) this.#fill()
    })
  }
}
