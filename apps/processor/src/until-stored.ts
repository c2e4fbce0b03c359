// UntilStored: how a write to the store outlasts an outage: the same work repeated, with a reason to show meanwhile.
import type { StoreError } from "@tailrace/store/store-error"
import { Effect, Schedule } from "effect"

/** 100 ms doubling up to 5 s, jittered so that partitions do not knock together. */
const backOff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/**
 * Repeats a write until the store takes it. One attempt is never cut off: an interrupted one would have an unknown
 * result that a later life of the pipeline could overtake; between attempts it can be interrupted. A request the store
 * says it can never take is held as well: its records are acknowledged, so a person has to look, and nothing is lost.
 */
export const untilStored = <A, R>(
  attempt: Effect.Effect<A, StoreError, R>,
  holding: (reason: string | undefined) => void
): Effect.Effect<A, StoreError, R> => {
  let held = false
  return Effect.uninterruptible(attempt).pipe(
    Effect.tapError((error) => {
      const first = !held
      held = true
      holding(error.message)
      return first ? Effect.logWarning(`the store does not take a batch, holding it: ${error.message}`) : Effect.void
    }),
    Effect.retry(backOff),
    Effect.tap(() => Effect.sync(() => held && holding(undefined)))
  )
}
