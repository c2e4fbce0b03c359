// Pace: when how many events are due, and how they are gathered into frames.
import { EventSource, eventsPerBlock } from "./events.ts"
import type { Format } from "./line-writers.ts"

export interface Frame {
  readonly format: Format
  readonly bytes: Buffer
  readonly events: number
  /** When its oldest event was made, milliseconds since 1970. */
  readonly oldestMillis: number
}

/** Where frames go. */
export interface Outlet {
  /** Frames that may be on their way at once. */
  readonly window: number
  /** Events of a frame that is full; as many as a block by default. */
  readonly frameEvents?: number
  /** Frames that were refused for the moment and sent again. */
  readonly refused?: () => number
  /** Resolves when the frame is acknowledged. */
  readonly send: (frame: Frame) => Promise<void>
}

export interface Sent {
  readonly made: number
  readonly acknowledged: number
  /** Milliseconds in which events were due but the window was full. */
  readonly heldMillis: number
  /** Frames that were refused for the moment and sent again. */
  readonly refused: number
}

const tickMillis = 4
/** A frame that is not full goes out after this long. */
const lingerMillis = 5
/** What was not sent on time is made up for, but not more than this much of it. */
const mostBehindMillis = 200

/** Makes events at a rate that can be changed at any time: 0 is none, infinity as fast as acknowledgements allow. */
export class Pace {
  #source = new EventSource("json")
  readonly #outlet: Outlet
  readonly #frameEvents: number
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
    this.#frameEvents = outlet.frameEvents ?? eventsPerBlock
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

  /** What comes from now on is of this format. */
  set format(format: Format) {
    if (this.#open.events > 0) this.#flush()
    this.#source = new EventSource(format)
  }

  get sent(): Sent {
    return {
      made: this.#made,
      acknowledged: this.#acknowledged,
      heldMillis: this.#heldMillis,
      refused: this.#outlet.refused?.() ?? 0
    }
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
      const room = this.#frameEvents - this.#open.events
      const { bytes, events } = this.#source.take(unlimited ? room : Math.min(room, Math.floor(this.#due)), now)
      if (this.#open.events === 0) this.#open.oldestMillis = now
      this.#open.chunks.push(bytes)
      this.#open.events += events
      if (!unlimited) this.#due -= events
      if (this.#open.events >= this.#frameEvents) this.#flush()
    }
  }

  #flush(): void {
    const { chunks, events, oldestMillis } = this.#open
    this.#open = { chunks: [], events: 0, oldestMillis: 0 }
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
    this.#underway++
    this.#made += events
    void this.#outlet.send({ format: this.#source.format, bytes, events, oldestMillis }).then(() => {
      this.#underway--
      this.#acknowledged += events
      if (this.#rate === Number.POSITIVE_INFINITY) this.#fill()
    })
  }
}
