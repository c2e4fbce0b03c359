// Tail hub: one live subscription of the process, each batch decoded once and each distinct query evaluated once for all tails.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import type { LogRecord } from "@tailrace/domain/log-record"
import type { Node } from "@tailrace/query/ast"
import { type RowPredicate, toPredicate } from "@tailrace/query/to-predicate"
import type { Missed } from "./portion.ts"
import type { ResumePoint } from "./resume-token.ts"
import { type TailBatch, TailSubscriber } from "./tail-subscriber.ts"

export interface TailRequest {
  readonly query: string
  readonly ast: Node
  readonly tenant: string | undefined
  readonly maxRowsPerSecond: number
  readonly after: ResumePoint | undefined
}

export interface TailHubOptions {
  /** Bytes waiting for one tail at most. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Begins to receive live batches; called when the first tail comes, resolves when they flow. */
  readonly open: () => Promise<void>
  /** Called when the last tail has gone. */
  readonly close: () => void
  /** Reads what a resumed tail missed. */
  readonly missed: (request: TailRequest, after: ResumePoint) => Promise<Missed>
}

/** Tails of one query and tenant. */
interface Group {
  readonly request: TailRequest
  predicate: RowPredicate
  /** When the predicate was made; queries that speak of now are made anew as time goes. */
  madeAt: number
  readonly members: Set<TailSubscriber>
}

/** How old "now" may be in a predicate, milliseconds. */
const nowLasts = 1_000

export class TailHub {
  private readonly options: TailHubOptions
  private readonly groups = new Map<string, Group>()
  private readonly position = new Map<number, number>()
  private batch: LogBatch | undefined
  private count = 0
  private flowing: Promise<void> = Promise.resolve()

  constructor(options: TailHubOptions) {
    this.options = options
  }

  /** Live tails now. */
  get tails(): number {
    return this.count
  }

  /**
   * Opens a tail; it is live when the promise resolves. Of a resumed tail, what was missed comes first; the promise
   * rejects with the error of reading it. `left` is called once, when the tail ends.
   */
  async subscribe(request: TailRequest, left: () => void = () => {}): Promise<AsyncIterableIterator<TailBatch>> {
    const { after } = request
    const group = this.groupOf(request)
    const subscriber = new TailSubscriber({
      maxRowsPerSecond: request.maxRowsPerSecond,
      maxBytes: this.options.maxBytes,
      now: this.options.now,
      begin: after ?? { since: this.options.now(), position: new Map(this.position) },
      paused: after !== undefined,
      stop: () => {
        this.leave(group, subscriber)
        left()
      }
    })
    group.members.add(subscriber)
    if (this.count++ === 0) this.flowing = this.options.open()
    try {
      // What was stored before batches flow is read from the store, so they have to flow before it is read.
      await this.flowing
      if (after !== undefined) subscriber.resume(await this.options.missed(request, after))
    } catch (error) {
      await subscriber.return()
      throw error
    }
    return subscriber
  }

  /** An encoded batch that has just been stored. Bytes that are no batch are left alone. */
  receive(bytes: Uint8Array): void {
    if (this.count === 0) return
    const batch = this.decode(bytes)
    if (batch === undefined) return
    const { lastSequence, partition } = batch
    this.position.set(partition, Math.max(lastSequence, this.position.get(partition) ?? 0))
    const position = new Map(this.position)
    const receivedMillis = batch.frames.at(-1)?.receivedMillis ?? 0
    const made = new Map<number, LogRecord>()
    const record = (row: number): LogRecord => {
      const known = made.get(row)
      if (known !== undefined) return known
      const one = batch.record(row)
      made.set(row, one)
      return one
    }
    const sequence = (row: number): number => batch.sequence[row] as number
    for (const group of this.groups.values()) {
      const predicate = this.predicateOf(group)
      const rows: Array<number> = []
      for (let row = 0; row < batch.length; row++) if (predicate(batch, row)) rows.push(row)
      const found = { partition, rows, sequence, record, receivedMillis, position }
      for (const member of group.members) member.offer(found)
    }
  }

  private groupOf(request: TailRequest): Group {
    const key = keyOf(request)
    const known = this.groups.get(key)
    if (known !== undefined) return known
    const now = this.options.now()
    const group: Group = { request, predicate: makePredicate(request, now), madeAt: now, members: new Set() }
    this.groups.set(key, group)
    return group
  }

  private leave(group: Group, subscriber: TailSubscriber): void {
    group.members.delete(subscriber)
    if (group.members.size === 0) this.groups.delete(keyOf(group.request))
    if (--this.count > 0) return
    // Nothing is heard from here on, so what was known of the partitions grows old.
    this.position.clear()
    this.options.close()
  }

  private predicateOf(group: Group): RowPredicate {
    const now = this.options.now()
    if (speaksOfNow.test(group.request.query) && now - group.madeAt >= nowLasts) {
      group.predicate = makePredicate(group.request, now)
      group.madeAt = now
    }
    return group.predicate
  }

  private decode(bytes: Uint8Array): LogBatch | undefined {
    try {
      this.batch = decodeBatch(bytes, this.batch)
      return this.batch
    } catch {
      return undefined
    }
  }
}

const speaksOfNow = /\btime\s*:|\bnow\b/

const keyOf = (request: TailRequest): string => JSON.stringify([request.tenant ?? null, request.query])

const makePredicate = (request: TailRequest, now: number): RowPredicate => {
  const matches = toPredicate(request.ast, { now })
  const { tenant } = request
  return tenant === undefined ? matches : (batch, row) => batch.tenant.textAt(row) === tenant && matches(batch, row)
}
