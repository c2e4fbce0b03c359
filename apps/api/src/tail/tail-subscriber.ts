// Tail subscriber: what one live tail still has to send, bounded by bytes and rate, with a true count of what it left out.
import type { LogRecord } from "@tailrace/domain/log-record"
import { resumeToken, type TailPosition } from "./resume-token.ts"

/** One delivery: matched = rows.length + dropped. */
export interface TailBatch {
  readonly rows: ReadonlyArray<LogRecord>
  readonly matched: number
  readonly dropped: number
  readonly lagMs: number
  readonly resumeToken: string
}

export interface TailSubscriberOptions {
  readonly maxRowsPerSecond: number
  /** Bytes of rows waiting at most. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly stop: () => void
}

/** Rows that fit into one delivery; a reader that catches up gets several. */
const rowsPerDelivery = 5_000

/**
 * Records are offered by the hub and pulled by the socket. While the socket takes nothing, rows wait up to the bound and
 * those beyond are counted as dropped; nobody else waits.
 */
export class TailSubscriber implements AsyncIterableIterator<TailBatch> {
  private readonly options: TailSubscriberOptions
  private waiting: Array<LogRecord> = []
  private waitingBytes = 0
  private matched = 0
  private dropped = 0
  private newest = 0
  private allowance: number
  private allowanceAt: number
  private position: TailPosition = new Map()
  private wake: (() => void) | undefined
  private ended = false

  constructor(options: TailSubscriberOptions) {
    this.options = options
    this.allowance = options.maxRowsPerSecond
    this.allowanceAt = options.now()
  }

  /** Takes `rows` (made by `record` only where they fit) that the hub found to match in one stored batch. */
  offer(rows: ReadonlyArray<number>, record: (row: number) => LogRecord, receivedMillis: number): void {
    if (this.ended || rows.length === 0) return
    this.refill()
    this.matched += rows.length
    for (const row of rows) {
      if (this.allowance < 1 || this.waitingBytes >= this.options.maxBytes) this.dropped++
      else {
        this.allowance--
        const made = record(row)
        this.waiting.push(made)
        this.waitingBytes += weightOf(made)
      }
    }
    this.newest = Math.max(this.newest, receivedMillis)
    this.wake?.()
  }

  /** Takes records read from the store for a resumed tail; they are not held to the rate. `missed` were too many to read. */
  offerMissed(records: ReadonlyArray<LogRecord>, missed: number): void {
    this.matched += records.length + missed
    this.dropped += missed
    for (const record of records) {
      this.waiting.push(record)
      this.waitingBytes += weightOf(record)
    }
    if (this.matched > 0) this.wake?.()
  }

  /** How far every partition has been seen, offered rows included. */
  seen(position: TailPosition): void {
    this.position = position
  }

  async next(): Promise<IteratorResult<TailBatch>> {
    while (!this.ended && this.matched === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = undefined
    }
    if (this.ended) return { done: true, value: undefined }
    const rows = this.waiting.splice(0, rowsPerDelivery)
    this.waitingBytes =
      this.waiting.length === 0 ? 0 : this.waitingBytes - rows.reduce((sum, row) => sum + weightOf(row), 0)
    const { dropped } = this
    this.dropped = 0
    this.matched -= rows.length + dropped
    const lagMs = this.newest === 0 ? 0 : Math.max(0, this.options.now() - this.newest)
    return {
      done: false,
      value: { rows, matched: rows.length + dropped, dropped, lagMs, resumeToken: resumeToken(this.position) }
    }
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

  /** A bucket of one second's rows, filled as time goes. */
  private refill(): void {
    const now = this.options.now()
    const rate = this.options.maxRowsPerSecond
    this.allowance = Math.min(rate, this.allowance + ((now - this.allowanceAt) / 1_000) * rate)
    this.allowanceAt = now
  }
}

/** Bytes a row takes while it waits, about. */
const weightOf = (record: LogRecord): number => {
  let weight = 300 + record.body.length * 2
  for (const [key, value] of Object.entries(record.attributes)) weight += 32 + (key.length + value.length) * 2
  return weight
}
