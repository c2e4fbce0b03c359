// MetricDefinition: a metric of a pipeline file, decoded and made.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { MetricType } from "@tailrace/domain/pane"
import type { MetricConfig, MetricKind } from "./metric-kind.ts"

/** A metric ready to run. */
export interface MetricDefinition {
  readonly type: MetricType
  readonly config: MetricConfig
  readonly kind: MetricKind
  /** Binds the predicate that picks the records to a batch; undefined picks all. */
  readonly where: ((batch: LogBatch) => (batch: LogBatch, row: number) => boolean) | undefined
}
