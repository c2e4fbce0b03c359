// Elapsed: the clock for lingers and timeouts goes on whatever happens to the wall clock.
import { Clock, Effect } from "effect"
import { afterEach, expect, it, vi } from "vitest"
import { elapsedMillis } from "./elapsed.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

it("does not follow the wall clock when that is set back or ahead", () => {
  const elapsed = elapsedMillis(Effect.runSync(Clock.Clock))
  const begun = elapsed()
  const wall = Date.now()
  for (const shift of [-3_600_000, 3_600_000]) {
    vi.spyOn(Date, "now").mockReturnValue(wall + shift)
    const since = elapsed() - begun
    expect(since).toBeGreaterThanOrEqual(0)
    expect(since).toBeLessThan(3_600_000)
  }
})
