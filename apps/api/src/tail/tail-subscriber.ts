// Tail subscriber: what one live tail still has to send, bounded by bytes and rate, with a true count of what it left out.
import type { LogRecord } from "@tailrace/domain/log-record"
import { cutOf, type Missed, missedPortions, type Portion, settle, weightOf } from "./portion.ts"
import { furthest, type ResumePoint, resumeToken, type TailPosition } from "./resume-token.ts"

/** One delivery: matched = rows.length + dropped. */
export interface TailBatch {
  readonly rows: ReadonlyArray<LogRecord>
  readonly matched: number
  readonly dropped: number
  readonly lagMs: number
  readonly resumeToken: string
}

/** The rows of one stored batch that match, in order of sequence. */
export interface Matches {
  readonly partition: number
  readonly rows: ReadonlyArray<number>
  readonly sequence: (row: number) => number
  readonly record: (row: number) => LogRecord
  /** When the batch was received, milliseconds since 1970. */
  readonly receivedMillis: number
  /** How far all partitions are seen with this batch. */
  readonly position: TailPosition
}

export interface TailSubscriberOptions {
  readonly maxRowsPerSecond: number
  /** Bytes of rows waiting at most. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Where it begins. */
  readonly begin: ResumePoint
  /** Hold everything back until `resume` has told what was missed before. */
  readonly paused: boolean
  readonly stop: () => void
}

/** Rows that fit into one delivery, about; a reader that catches up gets several. */
const rowsPerDelivery = 5_000

/**
 * Matches are offered by the hub and pulled by the connection, one delivery at a time. While the connection takes
 * nothing, rows wait up to the bound and those beyond are counted as dropped; nobody else waits.
 */
export class TailSubscriber implements AsyncIterableIterator<TailBatch> {
  private readonly options: TailSubscriberOptions
  private waiting: Array<Portion> = []
  private waitingBytes = 0
  private allowance: number
  private allowanceAt: number
  private position: TailPosition
  /** Set for a resumed tail: what the store has given, so that the live batches do not give it again. */
  private covered: TailPosition | undefined
  private paused: boolean
  private wake: (() => void) | undefined
  private ended = false

  constructor(options: TailSubscriberOptions) {
    this.options = options
    this.allowance = options.maxRowsPerSecond
    this.allowanceAt = options.now()
    this.position = options.begin.position
    this.paused = options.paused
  }

  /** Takes what matched in one stored batch; a record is made only where it fits. */
  offer(found: Matches): void {
    if (this.ended) return
    const { partition, receivedMillis } = found
    const covered = this.covered?.get(partition) ?? -1
    const position = this.covered === undefined ? found.position : furthest(this.covered, found.position)
    const portion: Portion = { partition, records: [], next: 0, dropped: 0, left: [], position, receivedMillis }
    this.refill()
    for (const row of found.rows) {
      const sequence = found.sequence(row)
      if (sequence <= covered) continue
      if (this.allowance < 1 || this.waitingBytes >= this.options.maxBytes) {
        portion.dropped++
        if (this.paused) countLeft(portion.left, sequence)
        continue
      }
      this.allowance--
      const record = found.record(row)
      portion.records.push(record)
      this.waitingBytes += weightOf(record)
    }
    this.put(portion)
  }

  /** Puts what was missed before what is waiting, takes out of that what the store gave already, and begins to deliver. */
  resume(missed: Missed): void {
    const { portions, bytes } = missedPortions(missed, this.options.begin.position, this.options.maxBytes)
    const held = this.waiting
    this.waiting = portions
    this.waitingBytes += bytes
    this.covered = furthest(this.options.begin.position, missed.covered)
    if (portions.length === 0) this.position = this.covered
    for (const portion of held) {
      const { kept, freed } = settle(portion, this.covered)
      this.waitingBytes -= freed
      this.put(kept)
    }
    this.paused = false
    this.wake?.()
  }

  async next(): Promise<IteratorResult<TailBatch>> {
    while (!this.ended && (this.paused || this.waiting.length === 0)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = undefined
    }
    return this.ended ? { done: true, value: undefined } : { done: false, value: this.deliver() }
  }

  return(): Promise<IteratorResult<TailBatch>> {
    if (!this.ended) {
      this.ended = true
      this.waiting = []
      this.options.stop()
      this.wake?.()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  throw(): Promise<IteratorResult<TailBatch>> {
    return this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private put(portion: Portion): void {
    const last = this.waiting.at(-1)
    if (portion.records.length === 0 && !this.paused) {
      // Only counts: they ride with what is waiting, so that a reader that takes nothing costs nothing more.
      if (last !== undefined) {
        last.dropped += portion.dropped
        last.position = portion.position
        return
      }
      if (portion.dropped === 0) {
        this.position = portion.position
        return
      }
    }
    this.waiting.push(portion)
    this.wake?.()
  }

  private deliver(): TailBatch {
    const rows: Array<LogRecord> = []
    let dropped = 0
    let receivedMillis = 0
    for (let portion = this.waiting[0]; portion !== undefined && rows.length < rowsPerDelivery; ) {
      const end = cutOf(portion, rowsPerDelivery - rows.length)
      for (let i = portion.next; i < end; i++) rows.push(portion.records[i] as LogRecord)
      receivedMillis = Math.max(receivedMillis, portion.receivedMillis)
      if (end < portion.records.length) {
        portion.next = end
        const { sequence } = portion.records[end - 1] as LogRecord
        this.position = furthest(this.position, new Map([[portion.partition, sequence]]))
        break
      }
      dropped += portion.dropped
      this.position = portion.position
      this.waiting.shift()
      portion = this.waiting[0]
    }
    this.waitingBytes =
      this.waiting.length === 0 ? 0 : this.waitingBytes - rows.reduce((sum, row) => sum + weightOf(row), 0)
    return {
      rows,
      matched: rows.length + dropped,
      dropped,
      lagMs: receivedMillis === 0 ? 0 : Math.max(0, this.options.now() - receivedMillis),
      resumeToken: resumeToken({ since: this.options.begin.since, position: this.position })
    }
  }

  /** A bucket of one second's rows, filled as time goes. */
  private refill(): void {
    const now = this.options.now()
    const rate = this.options.maxRowsPerSecond
    this.allowance = Math.min(rate, this.allowance + ((now - this.allowanceAt) / 1_000) * rate)
    this.allowanceAt = now
  }
}

const countLeft = (left: Portion["left"], sequence: number): void => {
  const last = left.at(-1)
  if (last?.[0] === sequence) last[1]++
  else left.push([sequence, 1])
}
