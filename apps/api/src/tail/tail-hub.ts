// Tail hub: one live subscription of the process, each batch decoded once and each distinct query tried once for all tails,
// on the rows that may match it.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import type { LogRecord } from "@tailrace/domain/log-record"
import { RowLookup } from "@tailrace/query/row-lookup"
import type { Caller } from "../reads/read-queue.ts"
import { emptyHeld, type Held, hold, memo, type Portion } from "./held.ts"
import { judge, seldom, type Told, type Verdict } from "./live-judge.ts"
import { LiveQuery, type LiveQueryOptions } from "./live-query.ts"
import { furthest, type TailPosition } from "./resume-token.ts"
import { type TailBatch, TailSubscriber } from "./tail-subscriber.ts"
import type { WaitingRoom } from "./waiting-room.ts"

export interface TailRequest extends LiveQueryOptions {
  readonly maxRowsPerSecond: number
  readonly after: TailPosition | undefined
  /** Whose turn it is when the store is read for it. */
  readonly caller?: Caller | undefined
}

/** Records stored behind a position, in the order they were stored, and how far they reach. */
export interface Missed {
  readonly records: ReadonlyArray<LogRecord>
  /** Records that matched too and were too many to read. */
  readonly more: number
  readonly position: TailPosition
}

export interface TailHubOptions {
  /** Bytes held at most for one tail that reads what it missed. */
  readonly maxBytes: number
  /** Where the rows of tails wait. */
  readonly room: WaitingRoom
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Begins to receive live batches when the first tail comes; answers how far the store reached from then on. */
  readonly open: () => Promise<TailPosition>
  /** Called when the last tail has gone. */
  readonly close: () => void
  /** Counts a batch that was not shown as it came, by the reason. */
  readonly refused?: (reason: "no batch" | Exclude<Verdict, "next">) => void
  /** Reads what a tail has missed behind a position. */
  readonly missed: (request: TailRequest, after: TailPosition) => Promise<Missed>
}

/** Tails of one query and tenant. */
interface Group {
  readonly request: TailRequest
  readonly query: LiveQuery
  readonly members: Set<Member>
}

interface Member {
  readonly request: TailRequest
  readonly subscriber: TailSubscriber
  /** Rows up to here came from the store. */
  covered: TailPosition
  /** While the store is read, live batches wait here. */
  held: Held | undefined
  /** Whether it was told to its reader as open. */
  live: boolean
}

export class TailHub {
  private readonly options: TailHubOptions
  private readonly groups = new Map<string, Group>()
  private readonly lookup = new RowLookup()
  private position: TailPosition = new Map()
  private opened: Promise<TailPosition> | undefined
  private ready = false
  private batch: LogBatch | undefined
  private count = 0
  private live = 0
  private readonly doubt = seldom(() => this.readAgain())

  constructor(options: TailHubOptions) {
    this.options = options
  }

  /** Tails that are live: what is stored from now on reaches them. */
  get tails(): number {
    return this.live
  }

  /**
   * Opens a tail; it is live when the promise resolves. Of a resumed tail, what was missed comes first; the promise
   * rejects with the error of reading it. `left` is called once, when the tail ends.
   */
  async subscribe(request: TailRequest, left: () => void = () => {}): Promise<AsyncIterableIterator<TailBatch>> {
    const group = this.groupOf(request)
    const subscriber = new TailSubscriber({
      maxRowsPerSecond: request.maxRowsPerSecond,
      room: this.options.room,
      now: this.options.now,
      soon: (wake) => void setImmediate(wake),
      reached: () => (member.held === undefined ? this.position : nowhere),
      stop: () => {
        this.leave(group, member)
        left()
      }
    })
    const member: Member = { request, subscriber, covered: new Map(), held: emptyHeld(), live: false }
    group.members.add(member)
    this.count++
    this.opened ??= this.options.open()
    try {
      await this.start(member, this.opened)
    } catch (error) {
      await subscriber.return()
      throw error
    }
    if (!subscriber.over) {
      member.live = true
      this.live++
    }
    return subscriber
  }

  /**
   * An encoded batch that has just been stored. Bytes that are no batch, and rows seen before, are left alone. Behind a gap,
   * and where a batch is not believed, every tail reads from the store.
   */
  receive(bytes: Uint8Array, told?: Told): void {
    if (this.count === 0) return
    const batch = this.decode(bytes)
    if (batch === undefined) {
      this.options.refused?.("no batch")
      return
    }
    const { partition } = batch
    const known = this.position.get(partition) ?? 0
    const verdict = told === undefined ? "next" : judge(batch, told, known)
    if (verdict === "foreign" || batch.lastSequence <= known) {
      if (verdict === "foreign") this.options.refused?.(verdict)
      return
    }
    if (verdict !== "next") this.options.refused?.(verdict)
    if (verdict === "ahead") {
      this.doubt.ask()
      return
    }
    const position = furthest(this.position, new Map([[partition, batch.lastSequence]]))
    // Before the store has told how far it reaches, everything is held anyway.
    const isGap = verdict === "gap" && this.ready
    if (isGap) this.readAgain()
    this.position = position
    if (isGap) return
    const receivedMillis = batch.frames[batch.frames.length - 1]?.receivedMillis ?? 0
    const sequence = (row: number): number => batch.sequence[row] as number
    const record = memo((row: number) => batch.record(row))
    this.lookup.read(batch)
    for (const group of this.groups.values()) {
      const rows = group.query.matching(batch, known)
      if (rows.length === 0) continue
      const portion: Portion = { partition, rows, sequence, record, receivedMillis, position }
      for (const member of group.members) {
        if (member.held === undefined) offer(member, portion)
        else hold(member.held, portion, this.options.maxBytes)
      }
    }
  }

  /** The live subscription was cut for a while: every tail reads from the store what it may have missed. */
  interrupted(): void {
    if (this.ready) this.readAgain()
  }

  private readAgain(): void {
    for (const group of this.groups.values()) {
      for (const member of group.members) {
        if (member.held !== undefined) {
          // What it reads now may have begun too early.
          member.held.overflowed = true
          member.held.portions.length = 0
          continue
        }
        const seen = member.subscriber.position
        member.held = emptyHeld()
        // The store is away too: the tail ends, and its reader comes back with the token it has.
        this.catchUp(member, seen).catch((error: unknown) => member.subscriber.fail(error))
      }
    }
  }

  /** Ends every tail, in order. */
  end(): void {
    for (const group of [...this.groups.values()])
      for (const member of [...group.members]) void member.subscriber.return()
  }

  private groupOf(request: TailRequest): Group {
    const key = keyOf(request)
    const known = this.groups.get(key)
    if (known !== undefined) return known
    const group: Group = {
      request,
      query: new LiveQuery(request, this.lookup, this.options.now),
      members: new Set()
    }
    this.groups.set(key, group)
    return group
  }

  private leave(group: Group, member: Member): void {
    group.members.delete(member)
    if (member.live) this.live--
    if (group.members.size === 0) {
      this.groups.delete(keyOf(group.request))
      group.query.end()
    }
    if (--this.count > 0) return
    // Nothing is heard from here on, so what is known of the partitions grows old.
    this.opened = undefined
    this.ready = false
    this.position = new Map()
    this.doubt.stop()
    this.options.close()
  }

  private async start(member: Member, opened: Promise<TailPosition>): Promise<void> {
    const { request, subscriber } = member
    const stored = await opened
    if (subscriber.over) return
    this.position = furthest(this.position, stored)
    this.ready = true
    if (request.after !== undefined) return await this.catchUp(member, request.after)
    if (member.held?.overflowed === true) return await this.catchUp(member, stored)
    release(member)
  }

  /** Reads what was missed, then lets the held batches follow without what the store gave already. */
  private async catchUp(member: Member, after: TailPosition): Promise<void> {
    const { request, subscriber } = member
    let from = after
    for (;;) {
      const held = emptyHeld()
      member.held = held
      const missed = await this.options.missed(request, from)
      if (subscriber.over) return
      member.covered = missed.position
      from = missed.position
      subscriber.offerMissed(missed.records, missed.more, missed.position)
      if (!held.overflowed) return release(member)
    }
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

const nowhere: TailPosition = new Map()

const release = (member: Member): void => {
  const portions = member.held?.portions ?? []
  member.held = undefined
  for (const portion of portions) offer(member, portion)
}

const offer = (member: Member, portion: Portion): void => {
  const { partition, position, receivedMillis, record, rows, sequence } = portion
  const covered = member.covered.get(partition) ?? 0
  const fresh = covered === 0 ? rows : rows.filter((row) => sequence(row) > covered)
  member.subscriber.offer(fresh, record, receivedMillis, position)
}

const keyOf = (request: TailRequest): string => JSON.stringify([request.tenant ?? null, request.query])
