// Stage: what the runtime knows of the stages of one partition; the stages themselves know no mailbox and no broker.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Pane } from "@tailrace/domain/pane"
import type { RuleState } from "@tailrace/domain/pipeline-state"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import type { StoredColumn } from "@tailrace/domain/record-columns"
import type { StoredKey } from "@tailrace/domain/stored-key"

/** Why a frame is not taken apart; it becomes one dead letter, which stands for all of its records. */
export interface FrameRefusal {
  readonly reason: string
  readonly detail: string
  readonly records: number
}

/** What came of a frame: refused, or begun, with `more` to be called until it answers false before anything else is done. */
export interface Appending {
  readonly refused?: FrameRefusal
  readonly more?: () => boolean
}

/**
 * Appends the records of a frame to a batch; undefined when all of them are. Never throws: what cannot be read is kept
 * raw.
 */
export type AppendFrame = (batch: LogBatch, frame: RawFrame) => Appending | undefined

/** A stage that changes a batch in place. */
export interface BatchStage {
  readonly name: "filter" | "enrich"
  /** Whether it leaves every batch as it is, because nothing is configured for it. */
  readonly idle?: boolean
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

/** Where the rows of the store keep the idempotency key. */
export interface KeyColumn {
  readonly column: StoredColumn<"text" | "pairs">
  /** Key of the map; "" for a column. */
  readonly entry: string
}

/** Keys of stored rows, newest first; `more` says that older ones may follow. */
export interface StoredKeyPage {
  readonly keys: ReadonlyArray<StoredKey>
  readonly more: boolean
}

/** Leaves out records whose key was stored before: a stage whose state is in the rows. */
export interface Deduplicate {
  readonly column: KeyColumn
  /** Rows that have to be known before a batch can be taken: smaller identities, inserted since; undefined for none. */
  readonly wants: (
    batch: LogBatch
  ) => { readonly sequence: number; readonly row: number; readonly since: number } | undefined
  /** Takes in a page of what was wanted. */
  readonly learn: (page: StoredKeyPage, since: number) => void
  readonly apply: (batch: LogBatch) => void
  /** Forgets every key: they are read back again before the next batch. All rows before that batch must be stored. */
  readonly forget: () => void
  /** Keys known. */
  readonly keys: number
  /** Keys forgotten before their window's end, since asked last. */
  readonly takeForgotten: () => number
}

/** The messages of a frame, in the order in which `AppendFrame` makes rows of them. */
export type MessagesOf = (frame: Pick<RawFrame, "header" | "payload">) => ReadonlyArray<Uint8Array>

/** The stages of one partition; each partition has its own, because they hold state. */
export interface PartitionStages {
  readonly parse: AppendFrame
  readonly messages: MessagesOf
  readonly filter: BatchStage
  readonly enrich: BatchStage
  /** Undefined when it is not configured. */
  readonly deduplicate: Deduplicate | undefined
  readonly watch: Watch
  readonly rules: () => ReadonlyArray<RuleState>
}
