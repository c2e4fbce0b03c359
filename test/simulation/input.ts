// Input: what is published to the raw stream, and what has to come of it, computed message by message without any pipeline.
import { encodeFrameHeader, type FrameLayout, prefixedLength, writePrefixed } from "@tailrace/domain/frame"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { PartitionStages } from "@tailrace/processor/stage"
import type { StreamMessage } from "./model-stream.ts"
import type { World } from "./world.ts"

const levels = ["debug", "info", "info", "info", "warn", "error"]
const minuteMillis = 60_000

/** Counts of one minute of reception, tenant and source. */
export interface Account {
  received: number
  stored: number
  readonly droppedBy: Record<string, number>
}

/** What the outputs have to hold once everything has come to rest. */
export class Truth {
  /** Body of each record that is kept, by sequence and row. */
  readonly rows = new Map<string, string>()
  /** Kept records by sequence. */
  readonly kept = new Map<number, number>()
  readonly ledger = new Map<string, Account>()
  /** Kept records by window: of a minute, and of ten seconds. */
  readonly minutes = new Map<string, number>()
  readonly tens = new Map<string, number>()
  records = 0
  private readonly stages: PartitionStages
  private readonly batch = LogBatch.make({ partition: 0 })

  constructor(stages: PartitionStages) {
    this.stages = stages
  }

  add(message: StreamMessage): void {
    const { batch, stages } = this
    const { data, headers, sequence, storedMillis, subject } = message
    batch.reset()
    stages.parse(batch, {
      sequence,
      subject,
      headers: { get: (name) => headers[name] ?? "" },
      data,
      redelivered: false,
      receivedMillis: storedMillis
    })
    stages.filter.apply(batch)
    stages.enrich.apply(batch)
    this.kept.set(sequence, batch.keptCount)
    for (let row = 0; row < batch.length; row++) {
      if (batch.selected[row] !== 1) continue
      const { body, service, tenant } = batch.record(row)
      const time = batch.timeMillis[row] as number
      this.rows.set(`${sequence}-${batch.row[row]}`, body)
      increase(this.minutes, `${tenant} ${service} ${Math.floor(time / minuteMillis) * minuteMillis}`)
      increase(this.tens, `${tenant} ${service} ${Math.floor(time / 10_000) * 10_000}`)
    }
    for (const frame of batch.frames) {
      this.records += frame.received
      const minute = Math.floor(frame.receivedMillis / minuteMillis) * 60
      const account = accountAt(this.ledger, `${minute} ${frame.tenant} ${frame.source}`)
      account.received += frame.received
      account.stored += batch.keptCount
      for (const [rule, count] of frame.dropped) account.droppedBy[rule] = (account.droppedBy[rule] ?? 0) + count
    }
  }
}

export const accountAt = (accounts: Map<string, Account>, key: string): Account => {
  let account = accounts.get(key)
  if (account === undefined) {
    account = { received: 0, stored: 0, droppedBy: {} }
    accounts.set(key, account)
  }
  return account
}

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Numbers records and puts them into frames. */
export class InputWriter {
  private number = 0
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  /** The next message: a frame of a collector, or a bare message that anybody published. */
  next(): Omit<StreamMessage, "sequence"> {
    const { world } = this
    const source = `source-${world.integer(0, 2)}`
    const tenant = world.random() < 0.8 ? "default" : "other"
    const many = world.random()
    const count = many < 0.05 ? 0 : many < 0.8 ? world.integer(1, 6) : world.integer(7, 60)
    const bare = world.random() < 0.15
    const lines = Array.from({ length: bare ? Math.max(1, count) : count }, () => this.line(bare))
    const layout: FrameLayout = bare || world.random() < 0.7 ? "lines" : "prefixed"
    const data = layout === "lines" ? Buffer.from(lines.join("\n")) : prefixed(lines)
    const header = {
      layout,
      codec: "json",
      receivedMillis: world.wall - world.integer(0, 500),
      attributes: { host: `host-${world.integer(0, 3)}` },
      resource: {}
    }
    return {
      subject: `logs.raw.0.${tenant}.${bare ? "bare" : source}`,
      headers: bare ? {} : encodeFrameHeader(header),
      data,
      storedMillis: world.wall
    }
  }

  private line(bare: boolean): string {
    const { world } = this
    const n = this.number++
    if (!bare && world.random() < 0.05) return `malformed ${n} {"n":`
    const late = world.random() < 0.1 ? world.integer(0, 30 * minuteMillis) : world.integer(0, 2_000)
    return JSON.stringify({
      ts: new Date(world.wall - late).toISOString(),
      level: levels[world.integer(0, levels.length - 1)],
      service: `service-${world.integer(0, 3)}`,
      msg: `record ${n}`,
      n,
      ...(world.random() < 0.1 ? { noise: "yes" } : {})
    })
  }
}

const prefixed = (lines: ReadonlyArray<string>): Uint8Array => {
  const messages = lines.map((line) => Buffer.from(line))
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + prefixedLength(message.length), 0))
  let at = 0
  for (const message of messages) at = writePrefixed(bytes, at, message)
  return bytes
}
