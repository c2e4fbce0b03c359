// BatchPool: the batches of one partition that are filled, stored and filled again.
import { LogBatch } from "@tailrace/domain/log-batch"
import { Mailbox } from "@tailrace/streams/mailbox"
import { Effect } from "effect"

/** One being filled, one being stored, one in between. */
const batches = 3

/** Rows a batch that is filled has room for at first, where it counts as full with `maxRows`; it grows. */
export const firstRows = (maxRows: number): number => Math.min(4096, maxRows)

/** Empty batches, and how one is given back. */
export const batchPool = (partition: number, maxRows: number) => {
  const rowCapacity = firstRows(maxRows)
  const pool = new Mailbox<LogBatch>({ capacityBytes: Number.POSITIVE_INFINITY })
  for (let i = 0; i < batches; i++) pool.putUnsafe(LogBatch.make({ partition, rowCapacity }), 0)
  const release = (batch: LogBatch) =>
    Effect.sync(() => {
      batch.reset()
      pool.putUnsafe(batch, 0)
    })
  return { pool, release }
}
