// Stage: what the runtime knows of the stages of one partition; the stages themselves know no mailbox and no broker.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Pane } from "@tailrace/domain/pane"
import type { RuleState } from "@tailrace/domain/pipeline-state"
import type { Delivery } from "@tailrace/streams/delivery"

/** Appends the records of a raw message to a batch. Never throws: what cannot be read is kept raw. */
export type AppendFrame = (batch: LogBatch, delivery: Delivery) => void

/** A stage that changes a batch in place. */
export interface BatchStage {
  readonly name: "filter" | "enrich"
  readonly apply: (batch: LogBatch) => void
}

/** What windows and detectors have brought forth since they were last asked. */
export interface Findings {
  readonly panes: ReadonlyArray<Pane>
  readonly anomalies: ReadonlyArray<Anomaly>
}

/** Windows and detectors of one partition: a stage with state. */
export interface Watch {
  /** False when neither metrics nor detectors are configured; nothing needs to be saved then. */
  readonly active: boolean
  /** Takes in a batch; `now` is the processing clock in milliseconds. */
  readonly observe: (batch: LogBatch, now: number) => void
  /** Lets time pass without input. */
  readonly tick: (now: number) => void
  /** Closes every open window as it is: the input has ended for good. */
  readonly finish: () => void
  readonly hasFindings: () => boolean
  readonly takeFindings: () => Findings
  /** JSON of the state. */
  readonly save: () => unknown
  /** Goes on from the state saved behind `sequence`. */
  readonly load: (saved: unknown, sequence: number) => void
  /** Records that came too late for their window, and records without the measured field, by metric. */
  readonly missed: () => ReadonlyArray<{ readonly metric: string; readonly late: number; readonly unmeasured: number }>
}

/** The stages of one partition; each partition has its own, because they hold state. */
export interface PartitionStages {
  readonly parse: AppendFrame
  readonly filter: BatchStage
  readonly enrich: BatchStage
  readonly watch: Watch
  readonly rules: () => ReadonlyArray<RuleState>
}
