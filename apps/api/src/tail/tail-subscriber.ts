// Tail subscriber: what one live tail still has to send, bounded by bytes and rate, with a true count of what it left out.
import type { LogRecord } from "@tailrace/domain/log-record"
import { furthest, resumeToken, type TailPosition } from "./resume-token.ts"
import type { WaitingRoom } from "./waiting-room.ts"

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
  /** Where its rows wait. */
  readonly room: WaitingRoom
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How far every partition has been seen by whoever offers; nothing while this tail still reads what it missed. */
  readonly reached: () => TailPosition
  /** Carries out a waking of the reader: at once, or when more that has come already is offered. */
  readonly soon: (wake: () => void) => void
  /** Called once, when the tail ends. */
  readonly stop: () => void
}

/** What one stored batch (or one read of the store) gave this tail, and how far everything is seen with it. */
interface Portion {
  readonly rows: ReadonlyArray<LogRecord>
  matched: number
  readonly bytes: number
  newest: number
  position: TailPosition
}

/** A delivery takes whole portions, so that its token never covers a row that is still waiting. */
const rowsPerDelivery = 5_000

/**
 * Records are offered by the hub and pulled by the socket. While the socket takes nothing, rows wait up to the bound and
 * those beyond are counted as dropped; nobody else waits.
 */
export class TailSubscriber implements AsyncIterableIterator<TailBatch> {
  private readonly options: TailSubscriberOptions
  private waiting: Array<Portion> = []
  private waitingBytes = 0
  private allowance: number
  private allowanceAt: number
  private delivered: TailPosition = new Map()
  private wake: (() => void) | undefined
  private ended = false
  private failure: unknown

  constructor(options: TailSubscriberOptions) {
    this.options = options
    options.room.came(1)
    this.allowance = options.maxRowsPerSecond
    this.allowanceAt = options.now()
  }

  /** How far every partition has been seen, waiting rows included. */
  get position(): TailPosition {
    return furthest(this.waiting.at(-1)?.position ?? this.delivered, this.options.reached())
  }

  /** Whether nothing is to be offered any more. */
  get over(): boolean {
    return this.ended
  }

  /** Takes `rows` (made by `record` only where they fit) that the hub found to match in one stored batch. */
  offer(
    rows: ReadonlyArray<number>,
    record: (row: number) => LogRecord,
    receivedMillis: number,
    position: TailPosition
  ): void {
    this.refill()
    const kept: Array<LogRecord> = []
    let bytes = 0
    for (const row of rows) {
      if (this.allowance < 1 || !this.options.room.allows(this.waitingBytes + bytes, bytes)) break
      this.allowance--
      const made = record(row)
      kept.push(made)
      bytes += weightOf(made)
    }
    this.add(kept, rows.length, bytes, receivedMillis, position)
  }

  /** Takes records read from the store for a resumed tail; they are not held to the rate. `more` were too many to read. */
  offerMissed(records: ReadonlyArray<LogRecord>, more: number, position: TailPosition): void {
    const kept: Array<LogRecord> = []
    let bytes = 0
    for (const record of records) {
      if (!this.options.room.allows(this.waitingBytes + bytes, bytes)) break
      kept.push(record)
      bytes += weightOf(record)
    }
    this.add(kept, records.length + more, bytes, 0, position)
  }

  async next(): Promise<IteratorResult<TailBatch>> {
    while (!this.ended && this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = undefined
    }
    if (this.failure !== undefined) {
      const { failure } = this
      this.failure = undefined
      throw failure
    }
    if (this.ended) return { done: true, value: undefined }
    return { done: false, value: this.delivery() }
  }

  return(): Promise<IteratorResult<TailBatch>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  throw(): Promise<IteratorResult<TailBatch>> {
    return this.return()
  }

  /** Ends the tail with an error for its reader, who may come back with the last token. */
  fail(error: unknown): void {
    if (this.ended) return
    this.failure = error
    this.end()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private add(
    rows: ReadonlyArray<LogRecord>,
    matched: number,
    bytes: number,
    newest: number,
    position: TailPosition
  ): void {
    if (this.ended) return
    const last = this.waiting.at(-1)
    const reached = furthest(last?.position ?? this.delivered, position)
    if (rows.length > 0 || (matched > 0 && last === undefined)) {
      this.waiting.push({ rows, matched, bytes, newest, position: reached })
      this.changed(bytes)
      if (this.waiting.length === 1) this.options.soon(() => this.wake?.())
    } else if (last === undefined) this.delivered = reached
    else {
      last.matched += matched
      last.position = reached
    }
  }

  private delivery(): TailBatch {
    const rows: Array<LogRecord> = []
    let matched = 0
    let newest = 0
    do {
      const portion = this.waiting.shift() as Portion
      for (const row of portion.rows) rows.push(row)
      matched += portion.matched
      newest = Math.max(newest, portion.newest)
      this.changed(-portion.bytes)
      this.delivered = portion.position
    } while (this.waiting[0] !== undefined && rows.length + this.waiting[0].rows.length <= rowsPerDelivery)
    if (this.waiting.length === 0) this.delivered = furthest(this.delivered, this.options.reached())
    const lagMs = newest === 0 ? 0 : Math.max(0, this.options.now() - newest)
    return { rows, matched, dropped: matched - rows.length, lagMs, resumeToken: resumeToken(this.delivered) }
  }

  private end(): void {
    if (this.ended) return
    this.ended = true
    this.waiting = []
    this.changed(-this.waitingBytes)
    this.options.room.came(-1)
    this.options.stop()
    this.wake?.()
  }

  private changed(bytes: number): void {
    this.waitingBytes += bytes
    this.options.room.changed(bytes)
  }

  /** A bucket of one second's rows, filled as time goes; a clock set back fills nothing and takes nothing. */
  private refill(): void {
    const now = this.options.now()
    const rate = this.options.maxRowsPerSecond
    this.allowance = Math.min(rate, this.allowance + (Math.max(0, now - this.allowanceAt) / 1_000) * rate)
    this.allowanceAt = now
  }
}

/** Bytes a row takes while it waits, about. */
export const weightOf = (record: LogRecord): number => {
  let weight = 300 + record.body.length * 2
  for (const pairs of [record.attributes, record.resource]) {
    for (const [key, value] of Object.entries(pairs)) weight += 32 + (key.length + value.length) * 2
  }
  return weight
}
