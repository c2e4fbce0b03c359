// Flat out: as many events as the pipeline takes, the generator held so that the pipeline is neither short nor far behind.
import { pause } from "./children.ts"
import type { Stand } from "./stand.ts"
import { type Measured, measureWindows } from "./window.ts"

/** Frames before the pipeline above which the generator waits. */
const mostBehind = 160
const beatMillis = 100

export interface FlatOutOptions {
  /** Seconds until the first window. */
  readonly warmSeconds: number
  readonly windows: number
  readonly secondsPerWindow: number
}

/** Runs flat out and measures windows; the generator is at rest again afterwards. */
export const measureFlatOut = async (stand: Stand, options: FlatOutOptions): Promise<ReadonlyArray<Measured>> => {
  const hold = holding(stand)
  stand.generator.rate(Number.POSITIVE_INFINITY)
  for (let beat = 0; beat < (options.warmSeconds * 1_000) / beatMillis; beat++) {
    await pause(beatMillis)
    await hold()
  }
  const measured = await measureWindows(stand, options.windows, options.secondsPerWindow, hold)
  stand.generator.rate(0)
  stand.generator.paused(false)
  return measured
}

const holding = (stand: Stand) => {
  let paused = false
  return async () => {
    const { frames } = await stand.backlog()
    const pausing = frames > (paused ? mostBehind / 2 : mostBehind)
    if (pausing !== paused) stand.generator.paused(pausing)
    paused = pausing
  }
}
