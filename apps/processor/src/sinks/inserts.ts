// Inserts: how a sink writes one of its outputs: each insert repeated until it is stored for sure.
import type { InsertStamp } from "@tailrace/store/native-block"
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import type { StoredBatch } from "@tailrace/store/tables"
import { Clock, Effect } from "effect"
import type { SinkContext } from "../sink.ts"
import { untilStored } from "../until-stored.ts"
import { afterFailedView, isRefusal } from "./refusal.ts"
import { awaitRunningInserts } from "./running-inserts.ts"

export interface InsertOptions {
  /** Whether a refusal of the data fails, or is held like everything else; held by default. */
  readonly refusals?: "hold" | "pass"
  /** A piece of a batch: its sequences may be those of another piece, so the attempt alone makes its token its own. */
  readonly piece?: boolean
}

/**
 * Inserts of one output, each repeated until it is stored for sure. `ingestedAt` grows from insert to insert and names
 * them; the attempt number is one no earlier life has used, so that a token logged for a part that never came cannot
 * swallow an insert. After a failed attempt even a success may mean a token without its part, so `newest` is asked; and
 * after a refusal too, because a view that somebody added may fail behind the rows, which are stored then.
 */
export const openInserts = Effect.fnUntraced(function* (
  { breaker, partition }: SinkContext,
  newest: Effect.Effect<StoredBatch | undefined, StoreError, Store>,
  last: StoredBatch | undefined
) {
  const clock = yield* Clock.Clock
  let attempt = Math.max(Math.floor(clock.currentTimeMillisUnsafe() / 1000), (last?.attempt ?? 0) + 1)
  let lastIngest = last?.ingestedAt ?? 0
  const storeSurely = (
    insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>,
    ingestedAt: number,
    refusals: "hold" | "pass"
  ): Effect.Effect<void, StoreError, Store> =>
    Effect.suspend(() => {
      let failed = false
      let unanswered = false
      const inserted = insert({ ingestedAt, attempt }).pipe(
        Effect.tapError(({ code }) =>
          Effect.sync(() => {
            failed = true
            unanswered ||= code === undefined
          })
        )
      )
      // An attempt without an answer may still run; only then does the newest batch tell what became of it.
      const ended = Effect.suspend(() => (unanswered ? awaitRunningInserts(partition) : Effect.void))
      const found = Effect.map(untilStored(Effect.andThen(ended, newest), breaker), (batch) =>
        batch?.ingestedAt === ingestedAt ? batch : undefined
      )
      const verified = Effect.suspend(() => {
        if (!failed) return Effect.void
        return Effect.flatMap(found, (stored) => {
          if (stored !== undefined) return Effect.void
          attempt++
          return storeSurely(insert, ingestedAt, refusals)
        })
      })
      const stored = untilStored(inserted, breaker, refusals).pipe(
        Effect.as(undefined),
        Effect.catchIf(isRefusal, (refusal) => Effect.succeed(refusal))
      )
      return Effect.flatMap(stored, (refusal) =>
        refusal === undefined
          ? verified
          : Effect.flatMap(found, (batch) =>
              batch === undefined
                ? Effect.fail(refusal)
                : untilStored(afterFailedView(partition, batch, refusal), breaker)
            )
      )
    })
  return (
    insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>,
    { piece = false, refusals = "hold" }: InsertOptions = {}
  ) =>
    Effect.suspend(() => {
      lastIngest = Math.max(clock.currentTimeMillisUnsafe(), lastIngest + 1)
      if (piece) attempt++
      return storeSurely(insert, lastIngest, refusals)
    })
})
