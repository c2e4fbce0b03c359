// DetectStage: all detectors of one partition; closed windows in, anomalies out.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { ClosedWindow } from "../closed-window.ts"
import type { Detector } from "./detector.ts"

/** A detector under its name in the snapshot and the configuration its state belongs to. */
export interface NamedDetector {
  readonly name: string
  readonly signature: string
  readonly detector: Detector
}

export type SavedDetectors = Readonly<Record<string, { readonly signature: string; readonly state: unknown }>>

export class DetectStage {
  private readonly detectors: ReadonlyArray<NamedDetector>

  constructor(detectors: ReadonlyArray<NamedDetector>) {
    this.detectors = detectors
  }

  /** Shows each window to the detectors of its metric; answers the anomalies in order. */
  observe(windows: ReadonlyArray<ClosedWindow>): ReadonlyArray<Anomaly> {
    const found: Array<Anomaly> = []
    for (const window of windows) {
      for (const { detector } of this.detectors) {
        if (detector.metric === window.metric) found.push(...detector.observe(window))
      }
    }
    return found
  }

  save(): SavedDetectors {
    return Object.fromEntries(
      this.detectors.map(({ name, signature, detector }) => [name, { signature, state: detector.save() }])
    )
  }

  /** Puts back what fits; a detector whose configuration changed starts to learn anew. */
  load(saved: SavedDetectors): void {
    for (const { name, signature, detector } of this.detectors) {
      const state = saved[name]
      if (state !== undefined && state.signature === signature) detector.load(state.state)
    }
  }
}
