// Anomaly: a scored deviation of a pane from what its past lets expect, with its reason.

/** Times are milliseconds since 1970. The identity is (partition, tenant, metric, detector, windowStart, key). */
export interface Anomaly {
  readonly partition: number
  readonly sequence: number
  readonly tenant: string
  readonly metric: string
  readonly detector: string
  readonly windowStart: number
  readonly windowEnd: number
  readonly key: Readonly<Record<string, string>>
  readonly value: number
  readonly expected: number
  /** The detector's score; its sign is the direction of the deviation. */
  readonly score: number
  readonly direction: "high" | "low"
  /** One sentence that a person understands. */
  readonly sentence: string
  readonly revision: number
}
