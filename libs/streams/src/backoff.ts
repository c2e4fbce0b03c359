// Backoff: how long to wait before trying again: twice as long each time, spread so that many do not come back together.
import { type Duration, Schedule } from "effect"

export interface BackoffLimits {
  /** Milliseconds before the first repetition. */
  readonly first: number
  /** Milliseconds that no wait exceeds, but for the spread. */
  readonly most?: number
}

/** Milliseconds to wait after `failures` failures before this one: first * 2^failures, give or take a fifth. */
export const backoffMillis = (failures: number, { first, most }: BackoffLimits, random: () => number): number =>
  Math.min(first * 2 ** Math.min(failures, 20), most ?? Number.POSITIVE_INFINITY) * (0.8 + 0.4 * random())

/** The same as a schedule without an end: pauses from `first` on, none longer than `most` but for the spread. */
export const growingPauses = (first: Duration.Input, most: Duration.Input) =>
  Schedule.min([Schedule.exponential(first), Schedule.spaced(most)]).pipe(Schedule.jittered)
