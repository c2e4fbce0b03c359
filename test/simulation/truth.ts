// Truth: what has to come of the input, computed message by message without any pipeline.
import { deadLetterIdText } from "@tailrace/domain/dead-letter"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { PartitionStages } from "@tailrace/pipeline/stage"
import { rawFrameOf } from "@tailrace/streams/frame-encoding"
import { Effect } from "effect"
import type { StreamMessage } from "./model-stream.ts"
import { isTorn, poisonIn, stagePoisons } from "./poison.ts"

const minuteMillis = 60_000

/** Counts of one partition, minute of reception, tenant and source. */
export interface Account {
  received: number
  stored: number
  deduplicated: number
  readonly droppedBy: Record<string, number>
  readonly rejectedBy: Record<string, number>
}

/** A letter as it has to be. */
export interface TrueLetter {
  readonly tenant: string
  readonly source: string
  readonly reason: string
  readonly records: number
  readonly payload: string
  /** Of its frame, milliseconds since 1970. */
  readonly receivedMillis: number
}

/** Records that a window has to count, and how many of them it may leave out, because the store may refuse them. */
export interface WindowCount {
  most: number
  open: number
}

interface TrueRow {
  readonly partition: number
  readonly body: string
}

/** What the outputs have to hold once everything has come to rest. */
export class Truth {
  /** Each record that passes the stages, by sequence and row. */
  readonly rows = new Map<string, TrueRow>()
  /** Records that pass the stages, by sequence. */
  readonly kept = new Map<number, number>()
  /** Letters that have to be there, by identity. */
  readonly letters = new Map<string, TrueLetter>()
  /**
   * Letters of records in `rows`, which end in one way or the other: the store may refuse them or not, and windows that
   * fail over them may have been saved behind them.
   */
  readonly open = new Map<string, TrueLetter>()
  /** Identities of the letters that have to be there for a message. */
  readonly lettersOf = new Map<number, Array<string>>()
  /** As if all of `rows` were stored. */
  readonly ledger = new Map<string, Account>()
  /** Records received in messages of which no row is stored, by account. */
  readonly rowless = new Map<string, number>()
  /** Key of the account that a message is counted in. */
  readonly accountOf = new Map<number, string>()
  /** Kept records by window: of a minute, and of ten seconds. */
  readonly minutes = new Map<string, WindowCount>()
  readonly tens = new Map<string, WindowCount>()
  records = 0
  private readonly stages: ReadonlyArray<PartitionStages>
  private readonly batches: ReadonlyArray<LogBatch>

  constructor(stagesFor: (partition: number) => Effect.Effect<PartitionStages>, partitions: number) {
    const numbers = Array.from({ length: partitions }, (_, partition) => partition)
    this.stages = numbers.map((partition) => Effect.runSync(stagesFor(partition)))
    this.batches = numbers.map((partition) => LogBatch.make({ partition, rowCapacity: 64 }))
  }

  add(message: StreamMessage): void {
    const { data, headers, sequence, storedMillis, subject } = message
    const partition = Number(subject.split(".")[2])
    const batch = this.batches[partition] as LogBatch
    const stages = this.stages[partition] as PartitionStages
    const delivery = {
      sequence,
      subject,
      headers: { get: (name: string) => headers[name] ?? "" },
      data,
      redelivered: false,
      receivedMillis: storedMillis
    }
    batch.reset()
    const frame = rawFrameOf(delivery)
    stages.parse(batch, frame)
    this.refuse(batch, partition, sequence, stages.messages(frame), data, stages)
    this.keep(batch, partition, sequence)
    this.account(batch, partition, sequence)
  }

  /** Takes a batch of one message through the stages; what one of them cannot take becomes a letter. */
  private refuse(
    batch: LogBatch,
    partition: number,
    sequence: number,
    messages: ReadonlyArray<Uint8Array>,
    data: Uint8Array,
    stages: PartitionStages
  ): void {
    const receivedMillis = batch.frames[0]?.receivedMillis ?? 0
    const letter = (row: number, reason: string, payload: Uint8Array, records: number): TrueLetter => ({
      tenant: batch.tenant.textAt(row),
      source: batch.source.textAt(row),
      reason,
      records,
      payload: Buffer.from(payload).toString(),
      receivedMillis
    })
    const idOf = (stage: string, row: number) =>
      deadLetterIdText({ tenant: batch.tenant.textAt(row), stage, partition, sequence, row })
    const put = (stage: string, row: number, one: TrueLetter) => {
      const id = idOf(stage, row)
      this.letters.set(id, one)
      this.lettersOf.set(sequence, [...(this.lettersOf.get(sequence) ?? []), id])
    }
    const texts = messages.map((message) => Buffer.from(message).toString())
    if (isTorn(texts)) {
      put("parse", 0, letter(0, stagePoisons.torn.reason, data, messages.length))
      for (let row = 0; row < batch.length; row++) batch.reject(row, stagePoisons.torn.reason)
    }
    const work = { parse: undefined, filter: stages.filter.apply, enrich: stages.enrich.apply }
    for (const stage of ["parse", "filter", "enrich"] as const) {
      const { reason } = stagePoisons[stage]
      texts.forEach((text, row) => {
        if (batch.selected[row] !== 1 || poisonIn(text) !== stage) return
        put(stage, row, letter(row, reason, messages[row] as Uint8Array, 1))
        batch.reject(row, reason)
      })
      work[stage]?.(batch)
    }
    texts.forEach((text, row) => {
      const poison = poisonIn(text)
      if (batch.selected[row] !== 1 || (poison !== "watch" && poison !== "sink")) return
      const reason = poison === "sink" ? "refused: VIOLATED_CONSTRAINT" : stagePoisons.watch.reason
      this.open.set(idOf(poison, row), letter(row, reason, messages[row] as Uint8Array, 1))
    })
  }

  private keep(batch: LogBatch, partition: number, sequence: number): void {
    this.kept.set(sequence, batch.keptCount)
    for (let row = 0; row < batch.length; row++) {
      if (batch.selected[row] !== 1) continue
      const { body, service, tenant } = batch.record(row)
      const time = batch.timeMillis[row] as number
      const poison = poisonIn(body)
      this.rows.set(`${sequence}-${batch.row[row]}`, { partition, body })
      if (poison === "watch") continue
      const open = poison === "sink" ? 1 : 0
      const key = `${partition} ${tenant} ${service}`
      count(this.minutes, `${key} ${Math.floor(time / minuteMillis) * minuteMillis}`, open)
      count(this.tens, `${key} ${Math.floor(time / 10_000) * 10_000}`, open)
    }
  }

  private account(batch: LogBatch, partition: number, sequence: number): void {
    for (const frame of batch.frames) {
      this.records += frame.received
      const minute = Math.floor(frame.receivedMillis / minuteMillis) * 60
      const key = `${partition} ${minute} ${frame.tenant} ${frame.source}`
      this.accountOf.set(sequence, key)
      const account = accountAt(this.ledger, key)
      account.received += frame.received
      if (batch.keptCount === 0) this.rowless.set(key, (this.rowless.get(key) ?? 0) + frame.received)
      account.stored += batch.keptCount
      for (const [rule, number] of frame.dropped) add(account.droppedBy, rule, number)
      for (const [reason, number] of frame.rejected) add(account.rejectedBy, reason, number)
    }
  }
}

export const accountAt = (accounts: Map<string, Account>, key: string): Account => {
  let account = accounts.get(key)
  if (account === undefined) {
    account = { received: 0, stored: 0, deduplicated: 0, droppedBy: {}, rejectedBy: {} }
    accounts.set(key, account)
  }
  return account
}

export const add = (counts: Record<string, number>, name: string, number: number): void => {
  counts[name] = (counts[name] ?? 0) + number
}

const count = (windows: Map<string, WindowCount>, key: string, open: number): void => {
  const window = windows.get(key) ?? { most: 0, open: 0 }
  window.most++
  window.open += open
  windows.set(key, window)
}
