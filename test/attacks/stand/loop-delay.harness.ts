// Loop delay: how long the attacked process kept everybody else waiting during each attack; the long form refuses more than a tenth of a second.
import { monitorEventLoopDelay } from "node:perf_hooks"
import { afterEach, beforeEach, expect } from "vitest"
import type { RunningTailrace } from "../../e2e/running-tailrace.harness.ts"

const most = 0.1
const isLong = process.env.TAILRACE_ATTACKS === "long"

/** Seconds that 99 of 100 turns of the loop came late at most. Each scrape begins a new measurement. */
const p99Of = async (running: RunningTailrace): Promise<number> => {
  const text = await (await fetch(`${running.api}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1])
}

/** Watches every test of a file. What a machine that others use does to this process as well is no fault of the attacked one. */
export const watchLoopDelay = (running: () => RunningTailrace | undefined): void => {
  const here = monitorEventLoopDelay({ resolution: 10 })
  beforeEach(async () => {
    const attacked = running()
    if (attacked !== undefined) await p99Of(attacked)
    here.reset()
    here.enable()
  })
  afterEach(async () => {
    here.disable()
    const attacked = running()
    if (attacked === undefined) return
    const there = await p99Of(attacked)
    const own = here.percentile(99) / 1e9
    const millis = (seconds: number) => `${Math.round(seconds * 1_000)} ms`
    console.log(
      `attack: ${expect.getState().currentTestName} | loop p99 ${millis(there)} | of the attacker ${millis(own)}`
    )
    if (isLong) expect(there).toBeLessThan(Math.max(most, 3 * own))
  })
}
