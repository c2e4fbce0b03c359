// Runner: effects of resolvers as promises, reads of the store at their caller's turn, failures as GraphQL errors with codes.
import type { Store } from "@tailrace/store/store"
import type { Nats } from "@tailrace/streams/nats"
import type { Publisher } from "@tailrace/streams/publisher"
import { Cause, type Context, Effect, Exit } from "effect"
import type { ApiContext } from "../graphql/builder.ts"
import { apiError, toApiError } from "../questions/failure.ts"
import type { Caller, ReadQueue } from "./read-queue.ts"

type Services = Store | Nats | Publisher

/** Reads that belong to all live tails together. */
const tailsCaller: Caller = { address: "live tails", connection: {} }

export interface Runner {
  /** Of the store, at the caller's turn. */
  readonly read: ApiContext["run"]
  /** Of anything else, at once. */
  readonly now: <A, E>(effect: Effect.Effect<A, E, Services>) => Promise<A>
}

export const makeRunner = (services: Context.Context<Services>, queue: ReadQueue): Runner => {
  const run = <A, E>(effect: Effect.Effect<A, E, Services>, signal?: AbortSignal): Promise<A> =>
    Effect.runPromiseExitWith(services)(effect, signal === undefined ? {} : { signal }).then((exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      if (signal?.aborted === true) throw apiError("CANCELLED", "the read ended with its request")
      const shown = toApiError(Cause.squash(exit.cause))
      if (shown.extensions.code === "INTERNAL")
        Effect.runForkWith(services)(Effect.logError("a resolver failed", exit.cause))
      throw shown
    })
  return {
    read: (effect, signal, caller = tailsCaller) => run(queue.run(caller, effect), signal),
    now: (effect) => run(effect)
  }
}
