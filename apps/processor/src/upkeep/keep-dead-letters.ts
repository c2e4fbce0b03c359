// KeepDeadLetters: holds the dead letters within their limits of age and size, for the life of the scope.
import type { DeadLetterLimits } from "@tailrace/store/keep/trim-dead-letters"
import { trimDeadLetters } from "@tailrace/store/keep/trim-dead-letters"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Schedule } from "effect"

/** Looks every ten minutes. One process is enough; several do no harm. What is deleted is told and counted. */
export const keepDeadLetters = Effect.fnUntraced(function* (limits: DeadLetterLimits) {
  const trimmed = (yield* Metrics).counter("tailrace_dead_letters_trimmed_total", "Dead letters deleted by age or size")
  const look = Effect.gen(function* () {
    const letters = yield* trimDeadLetters(limits, yield* Clock.currentTimeMillis)
    if (letters === 0) return
    trimmed.inc(letters)
    yield* Effect.logWarning(`${letters} dead letters were deleted: too old, or too many`)
  })
  yield* look.pipe(
    Effect.catch((error) => Effect.logDebug(`dead letters are not trimmed: ${error.message}`)),
    Effect.repeat(Schedule.spaced("10 minutes")),
    Effect.forkScoped
  )
})
