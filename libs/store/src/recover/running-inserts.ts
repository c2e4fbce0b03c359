// RunningInserts: waits until no insert of an earlier life of a partition's pipeline is still under way in the store.
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { Tables } from "../tables.ts"

const accessDenied = 497

/**
 * A process that dies leaves its last insert running; it may land after the offset was read, and its batch would then be
 * taken for missing. Inserts name their partition in their token. After `mostLooks`, a tenth of a second apart, it ends
 * all the same. Where the user may not see the running
 * queries there is nothing to wait for.
 */
export const awaitRunningInserts = (
  partition: number,
  mostLooks = Number.POSITIVE_INFINITY,
  of: "rows" | "dead letters" = "rows"
): Effect.Effect<void, StoreError, Store> =>
  Tables.use((tables) => tables.runningInserts(partition, of)).pipe(
    Effect.map((running) => running > 0),
    Effect.catchIf(
      (error) => error.code === accessDenied,
      () => Effect.succeed(false)
    ),
    Effect.flatMap((running) =>
      running && mostLooks > 1
        ? Effect.andThen(Effect.sleep("100 millis"), awaitRunningInserts(partition, mostLooks - 1, of))
        : Effect.void
    )
  )

/** A letter that lands after a pipeline has read its letters would stand beside the row of its record. */
export const awaitRunningLetters = (partition: number): Effect.Effect<void, StoreError, Store> =>
  awaitRunningInserts(partition, Number.POSITIVE_INFINITY, "dead letters")
