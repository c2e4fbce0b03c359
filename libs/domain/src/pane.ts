// Pane: the closed aggregate of one key of one metric over one window.

/** How a metric condenses the records of a window. */
const metricTypes = ["count", "rate", "sum", "avg", "min", "max", "quantiles", "unique"] as const
export type MetricType = (typeof metricTypes)[number]

/** Times are milliseconds since 1970. The identity is (partition, tenant, metric, windowStart, key); the highest revision counts. */
export interface Pane {
  readonly partition: number
  /** Offset: sequence of the raw message whose arrival closed the pane. */
  readonly sequence: number
  readonly tenant: string
  readonly metric: string
  readonly type: MetricType
  readonly windowStart: number
  readonly windowEnd: number
  /** The `by` fields and their values, in the order the metric names them; empty for a metric without `by`. */
  readonly key: Readonly<Record<string, string>>
  /** The metric's value; for quantiles the median. */
  readonly value: number
  /** Records that fell into the pane. */
  readonly count: number
  /** For quantiles: "0.5" -> value and so on; else empty. */
  readonly quantiles: Readonly<Record<string, number>>
  /** 0 when first closed; one more each time late records changed it. */
  readonly revision: number
}

/** The identity of a pane as one text. */
export const paneId = (pane: Pick<Pane, "partition" | "tenant" | "metric" | "windowStart" | "key">): string =>
  JSON.stringify([pane.partition, pane.tenant, pane.metric, pane.windowStart, Object.entries(pane.key)])
