// StageCounters: what each stage of one partition has done, kept once per batch for heartbeats and metrics.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { StageState } from "@tailrace/domain/pipeline-state"
import { type StageName, stageNames } from "@tailrace/domain/stage-name"

interface Counts {
  recordsIn: number
  recordsOut: number
  dropped: number
  rejected: number
  batches: number
  /** Milliseconds of work, and what it was at the last report. */
  busy: number
  reported: number
}

export class StageCounters {
  /** Batches waiting before each stage; set by the runtime. */
  readonly waiting = new Map<StageName, () => number>()
  private readonly counts = new Map<StageName, Counts>(
    stageNames.map((name) => [
      name,
      { recordsIn: 0, recordsOut: 0, dropped: 0, rejected: 0, batches: 0, busy: 0, reported: 0 }
    ])
  )
  private reportedAt = Number.NaN

  /** Notes that a stage took a batch of `before` kept records and left it as it is now, in `millis` of work. */
  note(stage: StageName, before: number, batch: Pick<LogBatch, "keptCount">, millis: number): void {
    const counts = this.counts.get(stage) as Counts
    counts.recordsIn += before
    counts.recordsOut += batch.keptCount
    counts.batches++
    counts.busy += millis
    if (stage === "filter") counts.dropped += before - batch.keptCount
    else if (stage === "sink") counts.rejected += before - batch.keptCount
  }

  recordsOf(stage: StageName): number {
    return (this.counts.get(stage) as Counts).recordsOut
  }

  /** State of every stage; the busy share is since the report before. */
  report(now: number): ReadonlyArray<StageState> {
    const elapsed = now - this.reportedAt
    this.reportedAt = now
    return stageNames.map((name) => {
      const counts = this.counts.get(name) as Counts
      const busy = elapsed > 0 ? Math.min(1, (counts.busy - counts.reported) / elapsed) : 0
      counts.reported = counts.busy
      const { recordsIn, recordsOut, dropped, rejected, batches } = counts
      const mailbox = this.waiting.get(name)?.() ?? 0
      return { name, recordsIn, recordsOut, dropped, rejected, batches, mailbox, busy }
    })
  }
}
