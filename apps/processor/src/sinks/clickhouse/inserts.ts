// Inserts: how a sink writes one of its outputs: each insert repeated until it is stored for sure.

import { awaitRunningInserts } from "@tailrace/store/recover/running-inserts"
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import type { StoredBatch } from "@tailrace/store/tables"
import type { InsertStamp } from "@tailrace/store/write/native-block"
import type { Cut } from "@tailrace/streams/announced"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Clock, Effect, Result } from "effect"
import type { SinkContext } from "../../outputs/sink.ts"
import type { SinkError } from "../../outputs/sink-error.ts"
import { untilStored } from "../../outputs/until-stored.ts"
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
 * part that never came cannot swallow an insert. Before an insert is sent once more, by this life or a later one, `stored` is
 * asked whether it is there: a store that failed meanwhile may have forgotten its token. After a failed attempt even a success may
 * mean a token without its part, so `stored` is asked again, and what is found is made whole by `mend`; and after a refusal too,
 * because a view that somebody added may fail behind the rows, which are stored then.
 *
 * The insert an earlier owner announced last and did not see stored may still come. Where it is not there it is made again, under its
 * own stamp and so its own token: whichever of the two comes first, the other is known to a store that runs. What a failure of the
 * power left of it without its rows is met by `mend`, after each insert up to its last sequence.
 */
export const openInserts = Effect.fnUntraced(function* (
  { breaker, ownership, partition }: SinkContext,
  output: string,
  stored: (ingestedAt: number) => Effect.Effect<StoredBatch | undefined, StoreError, Store>,
  last: StoredBatch | undefined,
  mend?: (batch: StoredBatch) => Effect.Effect<unknown, StoreError | OwnershipError, Store>
) {
  const clock = yield* Clock.Clock
  const announced = ownership.left[output]
  const seconds = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
  let attempt = Math.max(seconds, (last?.attempt ?? 0) + 1, (announced?.attempt ?? 0) + 1)
  let lastIngest = Math.max(last?.ingestedAt ?? 0, announced?.ingestedAt ?? 0)
  let left =
    announced?.within === true || (announced?.ingestedAt ?? 0) <= (last?.ingestedAt ?? 0) ? undefined : announced
  const uncertain = mend === undefined ? 0 : (announced?.last ?? 0)
  const mended = (batch: StoredBatch) =>
    mend === undefined ? Effect.void : Effect.asVoid(untilStored(mend(batch), breaker))
  // An announced insert that is stored covers its whole range, also what it kept nothing of.
  const covered = announced?.ingestedAt === last?.ingestedAt ? (announced?.last ?? 0) : 0

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
    const there = stored(ingestedAt)
    const found = untilStored(there, breaker)
    const foundAtLast = Effect.andThen(untilStored(awaitRunningInserts(partition), breaker), found)
    let stamp: InsertStamp = repeated ?? { ingestedAt, attempt }
    if (repeated === undefined) yield* ownership.announce(output, { ...range, ...stamp })
    let doubted = range.first <= uncertain
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
        if ((yield* there) !== undefined) return
        stamp = { ingestedAt, attempt: ++attempt }
        yield* ownership.announce(output, { ...range, ...stamp })
        yield* inserted
      })
      const insertedOnce = Effect.flatMap(there, (batch) => (batch === undefined ? inserted : Effect.void))
      // Of a piece no token is used twice: one logged for nothing would be counted by the rollup, and no later life could form the
      // piece again.
      const asked = Effect.suspend(() => {
        if (failed) return Effect.andThen(ownership.confirm, piece ? anew : insertedOnce)
        return again ? insertedOnce : inserted
      })
      const outcome = yield* Effect.result(untilStored(asked, breaker, refusals))
      if (Result.isFailure(outcome) && !isRefusal(outcome.failure)) return yield* Effect.fail(outcome.failure)
      if (Result.isSuccess(outcome) && !failed && !again) {
        const batch = doubted ? yield* found : undefined
        if (batch !== undefined) yield* mended(batch)
        return
      }
      doubted = true
      // An attempt without an answer may still run, and so may an earlier owner's: only then does the newest batch tell.
      const quick = unanswered ? undefined : yield* found
      const whole = quick ?? (unanswered || again ? yield* foundAtLast : undefined)
      if (Result.isFailure(outcome)) {
        if (whole === undefined) return yield* Effect.fail(outcome.failure)
        return yield* untilStored(
          afterFailedView(partition, whole, outcome.failure as SinkError, ownership.confirm),
          breaker
        )
      }
      if (whole !== undefined) return yield* mended(whole)
      stamp = { ingestedAt, attempt: ++attempt }
      yield* ownership.announce(output, { ...range, ...stamp })
    }
  })
  return { offset: Math.max(last?.lastSequence ?? 0, covered), left: () => left, store }
})

export type Inserts = Effect.Success<ReturnType<typeof openInserts>>
