// ClosedWindow: all panes of one metric's window, as they leave the window stage and reach the detectors.
import type { MetricType, Pane } from "@tailrace/domain/pane"

/** Also made for windows in which nothing happened, between the first and the newest one of a metric. */
export interface ClosedWindow {
  readonly partition: number
  readonly metric: string
  readonly type: MetricType
  /** Milliseconds since 1970. */
  readonly windowStart: number
  readonly windowEnd: number
  /** Sequence of the raw message that closed it. */
  readonly sequence: number
  /** Whether a key without a pane has the value 0 in this window. */
  readonly absentIsZero: boolean
  readonly panes: ReadonlyArray<Pane>
}
