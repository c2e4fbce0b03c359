// Recover logs: what a partition's pipeline does about its last stored batch before it inserts again.
import { Effect } from "effect"
import { logsToken, postNative } from "./insert-logs.ts"
import { blockColumns } from "./native-block.ts"
import { lastBatch } from "./offsets.ts"
import { repairRollup } from "./repair-rollup.ts"
import type { Store } from "./store.ts"
import { StoreError } from "./store-error.ts"
import { type StoredBatch, Tables } from "./tables.ts"

/**
 * Makes the last stored batch of a partition whole and answers it, or undefined when there is none.
 *
 * A crash may have left that batch's rows without their rollup rows; with one insert in flight per partition it can have
 * left no other so. The rows name their token, so the batch is read back and inserted again under it: the rows are known
 * and stay out, missing rollup rows are filled, present ones stay out too. Where a token of the rollup was logged for a
 * part that never came, the counts show it and the rollup is filled from the rows. A batch that an earlier release stored,
 * whose rollup did not tell partitions apart, is taken as it is. A batch whose rows are absent may have its token logged all the same; the pipeline therefore goes on behind `lastSequence` under a later attempt.
 */
export const recoverLogs = <E>(
  partition: number,
  confirm: Effect.Effect<void, E>
): Effect.Effect<StoredBatch | undefined, StoreError | E, Store> =>
  Effect.gen(function* () {
    const batch = yield* lastBatch(partition)
    if (batch === undefined) return undefined
    // Its view was another one, by which its token is not known.
    const counted = yield* Tables.use((tables) => tables.rollupShortage(partition, batch.ingestedAt))
    if (counted === undefined) return batch
    const bytes = yield* readBack(partition, batch)
    const token = logsToken(partition, batch.firstSequence, batch.lastSequence, batch.attempt)
    // A view that somebody added may fail over these rows every time; that must not keep the pipeline from starting.
    yield* postNative("logs", columns, token, bytes).pipe(
      Effect.catchIf(
        ({ consequence }) => consequence === "dead-letter",
        ({ message }) => Effect.logWarning(`a view on logs lacks rows of batch ${token}: ${message}`)
      )
    )
    const after = yield* lastBatch(partition)
    if (after?.ingestedAt !== batch.ingestedAt || after.rows !== batch.rows) {
      return yield* new StoreError({
        consequence: "hold",
        message:
          `partition ${partition}: inserting batch ${token} again changed its rows from ${batch.rows} to ${after?.rows ?? 0}, ` +
          `the store has lost its deduplication log: delete the doubled rows of ingested_at ${batch.ingestedAt} and restart`
      })
    }
    if (yield* repairRollup(partition, after, confirm))
      yield* Effect.logWarning(`partition ${partition}: repaired the rollup of batch ${token}`)
    return after
  })

const columns = blockColumns.map(([name]) => name).join(", ")

/**
 * The rows of a stored batch in Native format, as the one block they were sent in. Read from a merged part they come in several
 * blocks, and several blocks under the token of one are new rows to the engine.
 */
const readBack = (partition: number, batch: StoredBatch): Effect.Effect<Uint8Array, StoreError, Store> =>
  Tables.use((tables) => tables.readBatch(partition, batch.ingestedAt)).pipe(
    Effect.filterOrFail(
      (bytes) => rowsOfFirstBlock(bytes) === batch.rows,
      (bytes) =>
        new StoreError({
          consequence: "hold",
          message: `batch ${batch.ingestedAt} of partition ${partition} came back as a block of ${rowsOfFirstBlock(bytes)} rows, ${batch.rows} expected`
        })
    )
  )

/** A Native block begins with its number of columns, one byte here, and its number of rows as a varint. */
const rowsOfFirstBlock = (bytes: Uint8Array): number => {
  let rows = 0
  let scale = 1
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at] as number
    rows += (byte & 127) * scale
    if (byte < 128) break
    scale *= 128
  }
  return rows
}
