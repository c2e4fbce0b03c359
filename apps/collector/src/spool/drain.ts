// SpoolDrain: sends the frames of the spool in order, a few at once, and none that the broker has already.
import { type Broker, isRefusal } from "../frames/outlet.ts"
import { messageOf, type Refusal } from "../refusal.ts"
import type { SpoolRecord } from "./record.ts"
import { type Spool, sentAtOnce } from "./spool.ts"

/** Bytes sent at once. */
const mostBytes = 4_194_304

export class SpoolDrain {
  /** Why the last round failed. */
  problem = ""
  private readonly spool: Spool
  private readonly broker: Broker
  private readonly stopped = new AbortController()
  /** Frames sent at once: one after a failure, so that a stream that fills up cannot take a later one first. */
  private atOnce = 1

  constructor(spool: Spool, broker: Broker) {
    this.spool = spool
    this.broker = broker
  }

  /** Gives up what is under way. */
  stop(): void {
    this.stopped.abort()
  }

  /** Sends the oldest frames; false when not all were taken. */
  async round(): Promise<boolean> {
    try {
      const free = this.broker.freeBytes()
      // While the stream may fill up on the way, one at a time: a small frame must not overtake a large one.
      const bytes = Math.min(mostBytes, free === undefined ? 1 : free / 4)
      const records = await this.spool.peek({ frames: this.atOnce, bytes })
      if (records.length === 0) return true
      const complete = await this.send(records)
      this.atOnce = complete ? Math.min(this.atOnce * 2, sentAtOnce) : 1
      return complete
    } catch (cause) {
      this.problem = messageOf(cause)
      this.atOnce = 1
      return false
    }
  }

  private async send(records: ReadonlyArray<SpoolRecord>): Promise<boolean> {
    const { broker, spool } = this
    const stored = await this.storedAmong(records.filter((record) => spool.isDoubtful(record)))
    spool.attempting(records)
    const results = await Promise.all(
      records.map((record) => (stored.has(record.id) ? undefined : broker.publish(record, this.stopped.signal)))
    )
    let taken: SpoolRecord | undefined
    let sequence = spool.sequence
    let refusal: Refusal | undefined
    for (const [i, result] of results.entries()) {
      const record = records[i] as SpoolRecord
      refusal = result !== undefined && isRefusal(result) ? result : undefined
      broker.attempted(record.component, refusal)
      if (refusal?.reason === "too-large") await spool.keepRefused(record, refusal.message)
      else if (refusal !== undefined) break
      else if (result !== undefined && "sequence" in result) sequence = Math.max(sequence, result.sequence)
      taken = record
    }
    const complete = taken === records[records.length - 1]
    if (!complete) this.problem = refusal?.message ?? "not sent"
    // What lies in doubt behind may have come before these: then the sequence tells nothing.
    if (taken !== undefined) await spool.sent(taken, spool.isDoubtfulAfter(taken) ? spool.sequence : sequence)
    return complete
  }

  /** Ids of those that lie in the raw stream. */
  private async storedAmong(doubtful: ReadonlyArray<SpoolRecord>): Promise<ReadonlySet<string>> {
    if (doubtful.length === 0) return new Set()
    // What was never sent before it came here was sent after what the cursor says was acknowledged.
    const afters = doubtful.map(({ after, tried }) => (tried ? after : Math.max(after, this.spool.sequence)))
    return this.broker.storedIds({
      subjects: new Set(doubtful.map(({ subject }) => subject)),
      ids: new Set(doubtful.map(({ id }) => id)),
      after: Math.min(...afters)
    })
  }
}
