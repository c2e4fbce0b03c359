// StoredMessages: when the messages were received whose rows are stored; a reference, so that a model can stand in for the store.
import { Context, Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface StoredMessage {
  readonly sequence: number
  /** Milliseconds since 1970, as its frame says. */
  readonly receivedMillis: number
}

export interface StoredMessagesShape {
  /** The messages of a partition between two sequences, both included, that have rows; in order, the last `most` of them. */
  readonly between: (
    partition: number,
    first: number,
    last: number,
    most: number
  ) => Effect.Effect<ReadonlyArray<StoredMessage>, StoreError, Store>
}

const between: StoredMessagesShape["between"] = (partition, first, last, most) =>
  read<{ readonly sequence: string; readonly received: string }>({
    operation: `read when messages of partition ${partition} were received`,
    sql: `SELECT sequence, toUnixTimestamp64Milli(any(observed_at)) AS received FROM logs
      WHERE partition = {partition:UInt16} AND sequence BETWEEN {first:UInt64} AND {last:UInt64}
      GROUP BY sequence ORDER BY sequence DESC LIMIT {most:UInt32}`,
    params: { partition, first, last, most }
  }).pipe(
    Effect.map((rows) =>
      rows.map(({ received, sequence }) => ({ sequence: Number(sequence), receivedMillis: Number(received) })).reverse()
    )
  )

export const StoredMessages = Context.Reference<StoredMessagesShape>("@tailrace/store/StoredMessages", {
  defaultValue: () => ({ between })
})
