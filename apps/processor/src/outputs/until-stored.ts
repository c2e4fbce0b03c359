// UntilStored: a request to the store repeated until it is answered, its failures told as those of an output.
import { StoreError } from "@tailrace/store/store-error"
import { Effect } from "effect"
import type { Breaker } from "./breaker.ts"
import { ofStore, type SinkError } from "./sink-error.ts"
import { untilTaken } from "./until-taken.ts"

/** See `untilTaken`. */
export const untilStored = <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  breaker: Breaker,
  refusals: "hold" | "pass" = "hold"
): Effect.Effect<A, SinkError | Exclude<E, StoreError>, R> =>
  untilTaken(
    Effect.mapError(attempt, (error) =>
      error instanceof StoreError ? ofStore(error) : (error as Exclude<E, StoreError>)
    ),
    breaker,
    refusals
  )
