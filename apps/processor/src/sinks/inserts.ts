// Inserts: how a sink writes one of its outputs: each insert repeated until it is stored for sure.
import type { InsertStamp } from "@tailrace/store/native-block"
import { awaitRunningInserts } from "@tailrace/store/running-inserts"
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import type { StoredBatch } from "@tailrace/store/tables"
import type { Cut } from "@tailrace/streams/announced"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Clock, Effect, Result } from "effect"
import type { SinkContext } from "../sink.ts"
import { untilStored } from "../until-stored.ts"
import { afterFailedView, isRefusal } from "./refusal.ts"

export interface InsertOptions {
  /** Whether a refusal of the data fails, or is held like everything else; held by default. */
  readonly refusals?: "hold" | "pass"
  /** A piece of a batch: its sequences may be those of another piece, so the attempt alone makes its token its own. */
  readonly piece?: boolean
}

/** What an insert covers. */
export type Range = Pick<Cut, "first" | "last" | "within">

/**
 * Inserts of one output, each announced to the broker and then repeated until it is stored for sure. `ingestedAt` grows
 * from insert to insert and names them; the attempt number is one no earlier life has used, so that a token logged for a
 * part that never came cannot swallow an insert. After a failed attempt even a success may mean a token without its part,
 * so `newest` is asked, and what is found is made whole by `mend`; and after a refusal too, because a view that somebody added may fail behind the rows, which are
 * stored then.
 *
 * The insert an earlier owner announced last and did not see stored may still come. It is made again, under its own
 * stamp and so its own token: whichever of the two comes first, the other is known to the store.
 */
export const openInserts = Effect.fnUntraced(function* (
  { breaker, ownership, partition }: SinkContext,
  output: string,
  newest: Effect.Effect<StoredBatch | undefined, StoreError, Store>,
  last: StoredBatch | undefined,
  mend: (batch: StoredBatch) => Effect.Effect<unknown, StoreError | OwnershipError, Store> = () => Effect.void
) {
  const clock = yield* Clock.Clock
  const announced = ownership.left[output]
  const seconds = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
  let attempt = Math.max(seconds, (last?.attempt ?? 0) + 1, (announced?.attempt ?? 0) + 1)
  let lastIngest = Math.max(last?.ingestedAt ?? 0, announced?.ingestedAt ?? 0)
  let left =
    announced?.within === true || (announced?.ingestedAt ?? 0) <= (last?.ingestedAt ?? 0) ? undefined : announced
  // An announced insert that is stored covers its whole range, also what it kept nothing of.
  const whole = announced?.ingestedAt === last?.ingestedAt ? (announced?.last ?? 0) : 0

  const store = Effect.fnUntraced(function* (
    range: Range,
    insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>,
    { piece = false, refusals = "hold" }: InsertOptions = {}
  ) {
    const repeated = left?.first === range.first && left.last === range.last ? left : undefined
    if (left !== undefined && range.last >= left.last) left = undefined
    if (repeated === undefined) lastIngest = Math.max(clock.currentTimeMillisUnsafe(), lastIngest + 1)
    if (piece) attempt++
    const ingestedAt = repeated?.ingestedAt ?? lastIngest
    const found = untilStored(
      Effect.map(newest, (batch) => (batch?.ingestedAt === ingestedAt ? batch : undefined)),
      breaker
    )
    const foundAtLast = Effect.andThen(untilStored(awaitRunningInserts(partition), breaker), found)
    let stamp: InsertStamp = repeated ?? { ingestedAt, attempt }
    if (repeated === undefined) yield* ownership.announce(output, { ...range, ...stamp })
    let doubted = false
    for (let again = repeated !== undefined; ; again = false) {
      let failed = false
      let unanswered = false
      const noted = ({ code }: StoreError) =>
        Effect.sync(() => {
          failed = true
          unanswered ||= code === undefined
        })
      const inserted = Effect.suspend(() => insert(stamp)).pipe(Effect.tapError(noted))
      const anew = Effect.gen(function* () {
        yield* awaitRunningInserts(partition)
        if ((yield* newest)?.ingestedAt === ingestedAt) return
        stamp = { ingestedAt, attempt: ++attempt }
        yield* ownership.announce(output, { ...range, ...stamp })
        yield* inserted
      })
      // The store forgets tokens in time, so who was stopped for long must not repeat an insert unasked. Of a piece no token
      // is used twice: one logged for nothing would be counted by the rollup, and no later life could form the piece again.
      const repeat = piece ? anew : inserted
      const asked = Effect.suspend(() => (failed ? Effect.andThen(ownership.confirm, repeat) : inserted))
      const outcome = yield* Effect.result(untilStored(asked, breaker, refusals))
      if (Result.isFailure(outcome) && !isRefusal(outcome.failure)) return yield* Effect.fail(outcome.failure)
      if (Result.isSuccess(outcome) && !failed && !again) {
        const batch = doubted ? yield* found : undefined
        if (batch !== undefined) yield* untilStored(mend(batch), breaker)
        return
      }
      doubted = true
      // An attempt without an answer may still run, and so may an earlier owner's: only then does the newest batch tell.
      const quick = unanswered ? undefined : yield* found
      const stored = quick ?? (unanswered || again ? yield* foundAtLast : undefined)
      if (Result.isFailure(outcome)) {
        if (stored === undefined) return yield* Effect.fail(outcome.failure)
        return yield* untilStored(
          afterFailedView(partition, stored, outcome.failure as StoreError, ownership.confirm),
          breaker
        )
      }
      if (stored !== undefined) return void (yield* untilStored(mend(stored), breaker))
      stamp = { ingestedAt, attempt: ++attempt }
      yield* ownership.announce(output, { ...range, ...stamp })
    }
  })
  return { offset: Math.max(last?.lastSequence ?? 0, whole), left: () => left, store }
})
