// Window watch: the windows and detectors of one partition as one stage with state.
import type { MadeEntry } from "@tailrace/config/make-entry"
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { Pane } from "@tailrace/domain/pane"
import { DetectStage, type SavedDetectors } from "./detect/detect-stage.ts"
import type { Detector } from "./detect/detector.ts"
import type { Watch } from "./stage.ts"
import type { SavedWindows, WindowStage } from "./window/window-stage.ts"

export const makeWatch = (windows: WindowStage, made: ReadonlyArray<MadeEntry<Detector>>): Watch => {
  const detect = new DetectStage(
    made.map(({ made: detector, config, type }, i) => ({
      name: `${i}-${config.name ?? type}`,
      signature: JSON.stringify(config),
      detector
    }))
  )
  let panes: Array<Pane> = []
  let anomalies: Array<Anomaly> = []
  const collect = () => {
    const closed = windows.takeClosed()
    if (closed.length === 0) return
    for (const window of closed) panes.push(...window.panes)
    anomalies.push(...detect.observe(closed))
  }
  return {
    active: windows.metrics.length > 0,
    observe: (batch, now) => {
      windows.observe(batch, now)
      collect()
    },
    tick: (now) => {
      windows.tick(now)
      collect()
    },
    finish: () => {
      windows.finish()
      collect()
    },
    hasFindings: () => panes.length > 0 || anomalies.length > 0,
    takeFindings: () => {
      const findings = { panes, anomalies }
      panes = []
      anomalies = []
      return findings
    },
    save: () => ({ windows: windows.save(), detectors: detect.save() }),
    load: (saved, sequence) => {
      const state = saved as { readonly windows: SavedWindows; readonly detectors: SavedDetectors }
      windows.load(state.windows, sequence)
      detect.load(state.detectors)
    },
    missed: () =>
      windows.metrics.map(({ definition, late, unmeasured }) => ({ metric: definition.config.name, late, unmeasured }))
  }
}
