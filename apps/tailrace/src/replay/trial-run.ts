// Trial run: what a pipeline would make of raw messages: rows, drops by rule, rejections; nothing is stored.

import { addCount, keptOf } from "@tailrace/domain/frame-account"
import { LogBatch } from "@tailrace/domain/log-batch"
import { appendWhole } from "@tailrace/pipeline/append-frame"
import type { PartitionStages } from "@tailrace/pipeline/stage"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import type { RawMessage } from "./raw-messages.ts"

export interface TrialCounts {
  messages: number
  records: number
  rows: number
  /** Rows that no codec understood: kept whole. */
  unparsed: number
  failed: number
  readonly dropped: Map<string, number>
}

/** Counts what the stages up to the sinks make of messages. A stage that throws over a message counts its records as failed. */
export class TrialRun {
  readonly counts: TrialCounts = { messages: 0, records: 0, rows: 0, unparsed: 0, failed: 0, dropped: new Map() }
  private readonly stages: PartitionStages
  private readonly batch = LogBatch.make({ partition: 0 })

  constructor(stages: PartitionStages) {
    this.stages = stages
  }

  take(message: RawMessage): void {
    const { batch, counts, stages } = this
    const { data, sequence, storedMillis, subject } = message
    const { header, payload } = unpackFrame((name) => message.header(name), data)
    batch.reset()
    counts.messages++
    try {
      appendWhole(stages.parse, batch, { sequence, subject, header, payload, storedMillis })
      stages.filter.apply(batch)
      stages.enrich.apply(batch)
    } catch {
      const records = stages.messages({ header, payload }).length
      counts.records += records
      counts.failed += records
      return
    }
    for (let row = 0; row < batch.length; row++)
      if (batch.selected[row] === 1 && batch.parsed[row] === 0) counts.unparsed++
    for (const frame of batch.frames) {
      counts.records += frame.received
      counts.rows += keptOf(frame)
      for (const [rule, count] of frame.dropped) addCount(counts.dropped, rule, count)
    }
  }
}
