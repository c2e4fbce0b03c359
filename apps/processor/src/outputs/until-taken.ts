// UntilTaken: how a write outlasts an outage of what it goes to: the same work repeated, as its breaker allows.
import { Effect, Result } from "effect"
import type { Breaker } from "./breaker.ts"
import { SinkError } from "./sink-error.ts"

/**
 * Repeats a write until it is taken. One attempt is never cut off: an interrupted one would have an unknown
 * result that a later life of the pipeline could overtake; between attempts it can be interrupted. A request of which it is
 * said that it can never be taken is held as well: its records are acknowledged, so a person has to look, and nothing is lost.
 * Only where `refusals` says so a refusal of the data itself is handed to the caller, and what is no failure of the write.
 */
export const untilTaken = <A, E, R>(
  attempt: Effect.Effect<A, SinkError | E, R>,
  breaker: Breaker,
  refusals: "hold" | "pass" = "hold"
): Effect.Effect<A, SinkError | E, R> =>
  Effect.suspend(() => {
    const write = {}
    let told = false
    const loop = Effect.gen(function* () {
      for (;;) {
        for (let wait = breaker.wait(write); wait > 0; wait = breaker.wait(write)) yield* Effect.sleep(wait)
        const result = yield* Effect.result(Effect.uninterruptible(attempt))
        if (Result.isSuccess(result)) return result.success
        const error = result.failure
        if (!(error instanceof SinkError)) return yield* Effect.fail(error)
        if (refusals === "pass" && error.consequence === "dead-letter") return yield* error
        const pause = breaker.fail(write, error)
        if (!told) yield* Effect.logWarning(`${breaker.name} is not taken, holding it: ${error.message}`)
        told = true
        yield* Effect.sleep(pause)
      }
    })
    return Effect.ensuring(
      loop,
      Effect.sync(() => breaker.end(write))
    )
  })
