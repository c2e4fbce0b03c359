// Recover logs: what a partition's pipeline does about its last stored batch before it inserts again.
import type { ClickHouseSettings } from "@clickhouse/client"
import { Effect } from "effect"
import { logsToken, postNative } from "./insert-logs.ts"
import { blockColumns } from "./native-block.ts"
import { lastBatch, type StoredBatch } from "./offsets.ts"
import { repairRollup } from "./repair-rollup.ts"
import { Store } from "./store.ts"
import { StoreError, toStoreError } from "./store-error.ts"

/**
 * Makes the last stored batch of a partition whole and answers it, or undefined when there is none.
 *
 * A crash may have left that batch's rows without their rollup rows; with one insert in flight per partition it can have
 * left no other so. The rows name their token, so the batch is read back and inserted again under it: the rows are known
 * and stay out, missing rollup rows are filled, present ones stay out too. Where a token of the rollup was logged for a
 * part that never came, the counts show it and the rollup is filled from the rows. A batch whose rows are absent may have its
 * token logged all the same; the pipeline therefore goes on behind `lastSequence` under a later attempt.
 */
export const recoverLogs = (partition: number): Effect.Effect<StoredBatch | undefined, StoreError, Store> =>
  Effect.gen(function* () {
    const batch = yield* lastBatch(partition)
    if (batch === undefined) return undefined
    const bytes = yield* readBack(partition, batch)
    const token = logsToken(partition, batch.firstSequence, batch.lastSequence, batch.attempt)
    yield* postNative("logs", columns, token, bytes)
    const after = yield* lastBatch(partition)
    if (after?.ingestedAt !== batch.ingestedAt || after.rows !== batch.rows) {
      return yield* new StoreError({
        consequence: "hold",
        message:
          `partition ${partition}: inserting batch ${token} again changed its rows from ${batch.rows} to ${after?.rows ?? 0}, ` +
          `the store has lost its deduplication log: delete the doubled rows of ingested_at ${batch.ingestedAt} and restart`
      })
    }
    if (yield* repairRollup(partition, after))
      yield* Effect.logWarning(`partition ${partition}: filled the rollup of batch ${token}`)
    return after
  })

const columns = blockColumns.map(([name]) => name).join(", ")

/**
 * The rows of a stored batch in Native format, as the one block they were sent in. Read from a merged part they come in several
 * blocks, and several blocks under the token of one are new rows to the engine.
 */
const readBack = (partition: number, batch: StoredBatch): Effect.Effect<Uint8Array, StoreError, Store> =>
  Store.use((store) =>
    Effect.tryPromise({
      try: async () => {
        const { stream } = await store.client.exec({
          query: `SELECT ${columns} FROM logs
            WHERE partition = {partition:UInt16} AND ingested_at = fromUnixTimestamp64Milli({ingestedAt:Int64})
            ORDER BY sequence, row
            FORMAT Native`,
          query_params: { partition, ingestedAt: batch.ingestedAt },
          clickhouse_settings: oneBlock
        })
        const chunks: Array<Uint8Array> = []
        for await (const chunk of stream) chunks.push(chunk as Uint8Array)
        return Buffer.concat(chunks)
      },
      catch: (cause) => toStoreError(`read batch ${batch.ingestedAt} of partition ${partition}`, cause)
    })
  ).pipe(
    Effect.filterOrFail(
      (bytes) => rowsOfFirstBlock(bytes) === batch.rows,
      (bytes) =>
        new StoreError({
          consequence: "hold",
          message: `batch ${batch.ingestedAt} of partition ${partition} came back as a block of ${rowsOfFirstBlock(bytes)} rows, ${batch.rows} expected`
        })
    )
  )

/** Sorting in one thread ends in blocks of this many rows, so that a batch is one. */
const oneBlock: ClickHouseSettings = {
  max_block_size: "16777216",
  preferred_block_size_bytes: "0",
  max_threads: 1,
  max_execution_time: 60,
  readonly: "2"
}

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
