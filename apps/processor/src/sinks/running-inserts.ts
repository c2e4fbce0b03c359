// RunningInserts: waits until no insert of an earlier life of a partition's pipeline is still under way in the store.
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import { Tables } from "@tailrace/store/tables"
import { Effect } from "effect"

const accessDenied = 497

/**
 * A process that dies leaves its last insert running; it may land after the offset was read, and its batch would then be
 * stored twice under two attempts. Inserts name their partition in their token. Where the user may not see the running
 * queries there is nothing to wait for, and the window stays open as long as the last insert runs.
 */
export const awaitRunningInserts = (partition: number): Effect.Effect<void, StoreError, Store> =>
  Tables.use((tables) => tables.runningInserts(partition)).pipe(
    Effect.map((running) => running > 0),
    Effect.catchIf(
      (error) => error.code === accessDenied,
      () => Effect.succeed(false)
    ),
    Effect.flatMap((running) =>
      running ? Effect.andThen(Effect.sleep("100 millis"), awaitRunningInserts(partition)) : Effect.void
    )
  )
