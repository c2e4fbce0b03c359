// Trim dead letters: the oldest go when their time is over, or when all together take more than they may.
import { Effect } from "effect"
import { command, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface DeadLetterLimits {
  readonly keepMillis: number
  /** Bytes of all payloads. */
  readonly maxBytes: number
}

/** Letters younger than this stay whatever they take: a pipeline that starts again may have to know them. */
const neverYoungerMillis = 3_600_000

/** Deletes what is too old or too much, handled or not; answers how many letters went. `now` is milliseconds since 1970. */
export const trimDeadLetters = (limits: DeadLetterLimits, now: number): Effect.Effect<number, StoreError, Store> =>
  Effect.gen(function* () {
    const [found] = yield* read<{ readonly through: string; readonly letters: string }>({
      operation: "look for dead letters to trim",
      sql: `WITH
          (SELECT max(ingested_at) FROM (
            SELECT ingested_at, sum(length(payload)) OVER (ORDER BY ingested_at DESC, sequence DESC, row DESC) AS held
            FROM dead_letters FINAL) WHERE held > {maxBytes:UInt64}) AS tooMuch,
          least(fromUnixTimestamp64Milli({youngest:Int64}), greatest(fromUnixTimestamp64Milli({oldest:Int64}), tooMuch)) AS cut
        SELECT toUnixTimestamp64Milli(cut) AS through, countIf(ingested_at <= cut) AS letters FROM dead_letters FINAL`,
      params: {
        maxBytes: limits.maxBytes,
        oldest: Math.max(0, now - limits.keepMillis),
        youngest: now - neverYoungerMillis
      }
    })
    const letters = Number(found?.letters ?? 0)
    if (letters === 0) return 0
    const params = { through: Number(found?.through ?? 0) }
    const settings = { mutations_sync: "1" }
    const until = "fromUnixTimestamp64Milli({through:Int64})"
    yield* command("trim dead letters", `ALTER TABLE dead_letters DELETE WHERE ingested_at <= ${until}`, {
      params,
      settings
    })
    yield* command("trim marks of dead letters", `ALTER TABLE dead_letter_marks DELETE WHERE at <= ${until}`, {
      params,
      settings
    })
    return letters
  })
