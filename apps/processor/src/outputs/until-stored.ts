// UntilStored: how a write to the store outlasts an outage: the same work repeated, as its breaker allows.
import { StoreError } from "@tailrace/store/store-error"
import { Effect, Result } from "effect"
import type { Breaker } from "./breaker.ts"

/**
 * Repeats a write until the store takes it. One attempt is never cut off: an interrupted one would have an unknown
 * result that a later life of the pipeline could overtake; between attempts it can be interrupted. A request the store
 * says it can never take is held as well: its records are acknowledged, so a person has to look, and nothing is lost.
 * Only where `refusals` says so a refusal of the data itself is handed to the caller, and what is no failure of the store.
 */
export const untilStored = <A, E, R>(
  attempt: Effect.Effect<A, StoreError | E, R>,
  breaker: Breaker,
  refusals: "hold" | "pass" = "hold"
): Effect.Effect<A, StoreError | E, R> =>
  Effect.suspend(() => {
    const write = {}
    let told = false
    const loop = Effect.gen(function* () {
      for (;;) {
        for (let wait = breaker.wait(write); wait > 0; wait = breaker.wait(write)) yield* Effect.sleep(wait)
        const result = yield* Effect.result(Effect.uninterruptible(attempt))
        if (Result.isSuccess(result)) return result.success
        const error = result.failure
        if (!(error instanceof StoreError)) return yield* Effect.fail(error)
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
