// Heartbeat: what the pipelines of this process are doing, told to everybody once a second, and as metrics.
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { publishState } from "@tailrace/streams/state"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect } from "effect"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"

export interface HeartbeatOptions {
  /** The state without its partitions. */
  readonly process: () => Omit<PipelineState, "at" | "partitions">
  readonly partitions: ReadonlyArray<PartitionRuntime>
}

/** Tells the state each second until the scope ends; on core NATS, so that nobody listening costs nothing. */
export const beat = Effect.fnUntraced(function* ({ partitions, process }: HeartbeatOptions) {
  const clock = yield* Clock.Clock
  const observe = yield* stateMetrics
  yield* publishState(process().instance, () => {
    const at = clock.currentTimeMillisUnsafe()
    const state: PipelineState = { ...process(), at, partitions: partitions.map((runtime) => runtime.report(at)) }
    observe(state)
    return state
  })
})

const stateMetrics = Effect.map(Metrics, (metrics) => {
  const records = metrics.counter("tailrace_stage_records_total", "Records a stage took in", ["partition", "stage"])
  const dropped = metrics.counter("tailrace_rule_dropped_total", "Records a filter rule left out", [
    "partition",
    "rule"
  ])
  const lag = metrics.gauge("tailrace_pipeline_lag_messages", "Raw messages not yet committed", ["partition"])
  const age = metrics.gauge("tailrace_pipeline_lag_seconds", "Age of the oldest message under way", ["partition"])
  const committed = metrics.gauge("tailrace_pipeline_committed_sequence", "Last committed raw sequence", ["partition"])
  const owner = metrics.gauge(
    "tailrace_pipeline_owner",
    "1 where this process runs the partition, 0 where it stands by",
    ["partition"]
  )
  const before = new Map<string, number>()
  const grown = (name: string, value: number): number => {
    const growth = value - (before.get(name) ?? 0)
    before.set(name, value)
    return Math.max(0, growth)
  }
  return (state: PipelineState) => {
    for (const one of state.partitions) {
      const partition = String(one.partition)
      for (const stage of one.stages) {
        records.inc({ partition, stage: stage.name }, grown(`${partition} stage ${stage.name}`, stage.recordsIn))
      }
      for (const rule of one.rules) {
        dropped.inc({ partition, rule: rule.name }, grown(`${partition} rule ${rule.name}`, rule.dropped))
      }
      owner.set({ partition }, ["running", "holding"].includes(one.status) ? 1 : 0)
      lag.set({ partition }, one.lagMessages)
      age.set({ partition }, one.lagMillis / 1000)
      committed.set({ partition }, one.committedSequence)
    }
  }
})
