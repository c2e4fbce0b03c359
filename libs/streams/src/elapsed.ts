// Elapsed: milliseconds on a clock that never jumps, for lingers, timeouts and rates; the wall clock is for what is written down.
import type { Clock } from "effect"

/** Answers a function for the milliseconds since some moment of the past; only differences between its answers mean anything. */
export const elapsedMillis = (clock: Clock.Clock) => (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
