// Detector: the contract of the components in this folder: closed windows in, anomalies out.
import type { Anomaly } from "@tailrace/domain/anomaly"
import { define } from "@tailrace/domain/component"
import type { ClosedWindow } from "../closed-window.ts"

export const defineDetector = define("detector")

/**
 * Watches one metric of one partition. `observe` gets the metric's closed windows in order, empty ones included, and must
 * be deterministic: after a restart the same windows must give the same anomalies. State must stay bounded.
 */
export interface Detector {
  readonly metric: string
  readonly observe: (window: ClosedWindow) => ReadonlyArray<Anomaly>
  /** JSON, for the snapshot. */
  readonly save: () => unknown
  /** Puts back what `save` gave. */
  readonly load: (saved: unknown) => void
}
