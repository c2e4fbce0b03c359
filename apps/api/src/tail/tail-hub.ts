// Tail hub: one live subscription of the process, each batch decoded once and each distinct query evaluated once for all tails.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import type { LogRecord } from "@tailrace/domain/log-record"
import type { Node } from "@tailrace/query/ast"
import { type RowPredicate, toPredicate } from "@tailrace/query/to-predicate"
import { apiError } from "../graphql/failure.ts"
import type { TailPosition } from "./resume-token.ts"
import { type TailBatch, TailSubscriber } from "./tail-subscriber.ts"

export interface TailRequest {
  readonly query: string
  readonly ast: Node
  readonly tenant: string | undefined
  readonly maxRowsPerSecond: number
  readonly after: TailPosition | undefined
}

/** Records stored behind a position, in the order they were stored, and how far every partition is covered by them. */
export interface Missed {
  readonly records: ReadonlyArray<LogRecord>
  /** Records that matched too and were too many to read. */
  readonly more: number
  readonly covered: TailPosition
}

export interface TailHubOptions {
  readonly maxSubscribers: number
  readonly maxBytes: number
  readonly now: () => number
  /** Begins to receive live batches; called when the first tail comes. */
  readonly open: () => void
  /** Called when the last tail has gone. */
  readonly close: () => void
  /** Reads what a resumed tail missed. */
  readonly missed: (request: TailRequest, after: TailPosition) => Promise<Missed>
}

interface Group {
  readonly predicate: RowPredicate
  readonly members: Set<Member>
}

interface Member {
  readonly subscriber: TailSubscriber
  /** Sequences up to these came from the store already, or are being read. */
  covered: TailPosition | undefined
  /** While the store is read, live batches wait here. */
  held: Array<() => void> | undefined
}

export class TailHub {
  private readonly options: TailHubOptions
  private readonly groups = new Map<string, Group>()
  private readonly position = new Map<number, number>()
  private batch: LogBatch | undefined
  private count = 0

  constructor(options: TailHubOptions) {
    this.options = options
  }

  /** Live tails now. */
  get subscribers(): number {
    return this.count
  }

  subscribe(request: TailRequest): AsyncIterableIterator<TailBatch> {
    if (this.count >= this.options.maxSubscribers) {
      throw apiError(
        "LIMIT",
        `${this.count} live subscriptions are open, which is the most: end one or raise limits.subscriptions`
      )
    }
    const key = JSON.stringify([request.tenant ?? null, request.query])
    const group = this.groups.get(key) ?? {
      predicate: predicateOf(request, this.options.now()),
      members: new Set<Member>()
    }
    this.groups.set(key, group)
    const stop = (): void => {
      group.members.delete(member)
      if (group.members.size === 0 && this.groups.get(key) === group) this.groups.delete(key)
      if (--this.count === 0) this.options.close()
    }
    const subscriber = new TailSubscriber({
      maxRowsPerSecond: request.maxRowsPerSecond,
      maxBytes: this.options.maxBytes,
      now: this.options.now,
      stop
    })
    const member: Member = { subscriber, covered: undefined, held: request.after === undefined ? undefined : [] }
    group.members.add(member)
    if (this.count++ === 0) this.options.open()
    if (request.after !== undefined) void this.catchUp(request, request.after, member)
    return subscriber
  }

  /** An encoded batch that has just been stored. Bytes that are no batch are left alone. */
  receive(bytes: Uint8Array): void {
    const batch = this.decode(bytes)
    if (batch === undefined) return
    const { lastSequence, partition } = batch
    this.position.set(partition, Math.max(lastSequence, this.position.get(partition) ?? 0))
    const seen: TailPosition = new Map(this.position)
    const receivedMillis = batch.frames[batch.frames.length - 1]?.receivedMillis ?? 0
    const made = new Map<number, LogRecord>()
    const record = (row: number): LogRecord => {
      const known = made.get(row)
      if (known !== undefined) return known
      const one = batch.record(row)
      made.set(row, one)
      return one
    }
    for (const group of this.groups.values()) {
      const rows: Array<number> = []
      for (let row = 0; row < batch.length; row++) if (group.predicate(batch, row)) rows.push(row)
      for (const member of group.members) {
        if (member.held !== undefined) {
          const records = new Map(
            rows.map((row) => [row, { sequence: batch.sequence[row] as number, record: record(row) }])
          )
          member.held.push(() =>
            this.offer(
              member,
              partition,
              rows,
              (row) => records.get(row)?.sequence ?? 0,
              (row) => records.get(row)?.record as LogRecord,
              receivedMillis,
              seen
            )
          )
        } else this.offer(member, partition, rows, (row) => batch.sequence[row] as number, record, receivedMillis, seen)
      }
    }
  }

  private offer(
    member: Member,
    partition: number,
    rows: ReadonlyArray<number>,
    sequence: (row: number) => number,
    record: (row: number) => LogRecord,
    receivedMillis: number,
    seen: TailPosition
  ): void {
    const covered = member.covered?.get(partition) ?? 0
    const fresh = covered === 0 ? rows : rows.filter((row) => sequence(row) > covered)
    member.subscriber.seen(seen)
    member.subscriber.offer(fresh, record, receivedMillis)
  }

  /** Reads what was missed, then lets the held batches follow without what the store gave already. */
  private async catchUp(request: TailRequest, after: TailPosition, member: Member): Promise<void> {
    try {
      const missed = await this.options.missed(request, after)
      member.covered = missed.covered
      member.subscriber.seen(new Map([...after, ...missed.covered]))
      member.subscriber.offerMissed(missed.records, missed.more)
    } catch {
      // The store is away: the tail ends, and its reader comes back with the token it has.
      await member.subscriber.return()
    }
    const held = member.held ?? []
    member.held = undefined
    for (const offer of held) offer()
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

const predicateOf = (request: TailRequest, now: number): RowPredicate => {
  const matches = toPredicate(request.ast, { now })
  const { tenant } = request
  return tenant === undefined ? matches : (batch, row) => batch.tenant.textAt(row) === tenant && matches(batch, row)
}
