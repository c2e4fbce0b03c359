// PipelineState: what the pipelines of one process are doing, published every second and shown by API and dashboard.

/** State of one stage of one partition's pipeline. Counts are since the process started. */
export interface StageState {
  readonly name: string
  readonly recordsIn: number
  readonly recordsOut: number
  readonly dropped: number
  readonly rejected: number
  readonly batches: number
  /** Batches waiting before the stage. */
  readonly mailbox: number
  /** Busy share of the last second, 0..1. */
  readonly busy: number
}

/** Statistics of one filter rule since the process started. */
export interface RuleState {
  readonly name: string
  readonly matched: number
  readonly dropped: number
}

/** How a sink of one partition stands with its store. */
export interface BreakerState {
  readonly name: string
  /** closed: writes are taken; open: none is tried for a while; half-open: one is. */
  readonly state: "closed" | "open" | "half-open"
  /** Failures in a row. */
  readonly failures: number
  /** What the last failure was, in words; "" when there is none. */
  readonly reason: string
  /** Milliseconds since 1970 of the last change of state. */
  readonly since: number
}

/** State of one partition's pipeline. */
export interface PartitionState {
  readonly partition: number
  /** "standby": another process owns the partition, and this one waits to take over. */
  readonly status: "starting" | "standby" | "running" | "holding" | "restarting" | "stopped"
  /** Why it is not running, in words; "" when it runs. */
  readonly reason: string
  /** Version of the pipeline that runs here; another one takes over when all before it is held by all outputs. */
  readonly version: string
  readonly restarts: number
  /** Last sequence whose outputs are all stored. */
  readonly committedSequence: number
  /** Raw messages not yet committed. */
  readonly lagMessages: number
  /** Age of the oldest uncommitted message, milliseconds. */
  readonly lagMillis: number
  readonly recordsPerSecond: number
  readonly stages: ReadonlyArray<StageState>
  readonly rules: ReadonlyArray<RuleState>
  readonly sinks: ReadonlyArray<BreakerState>
}

/** What came of reading the pipeline file again. */
export interface ReloadState {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Whether what the file says took the place of what ran; a wrong file is refused, and the old pipeline goes on. */
  readonly accepted: boolean
  /** What is different, or what is wrong with the file, one sentence each. */
  readonly lines: ReadonlyArray<string>
  /** Milliseconds it took to finish with the old pipeline and start the new one; 0 when refused. */
  readonly tookMillis: number
}

/** State of one process. */
export interface PipelineState {
  readonly instance: string
  readonly pipeline: string
  /** Name and a short hash of the configuration that is wanted of all partitions. */
  readonly version: string
  /** Milliseconds since 1970: when that configuration was read. */
  readonly loadedAt: number
  /** The last change of the file, null before the first. */
  readonly reload: ReloadState | null
  readonly placement: "fused" | "staged"
  /** Milliseconds since 1970. */
  readonly at: number
  readonly partitions: ReadonlyArray<PartitionState>
}
