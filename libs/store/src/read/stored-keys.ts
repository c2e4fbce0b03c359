// Stored keys: the idempotency keys of a partition's newest rows, read back in pages from the newest on.
import type { StoredColumn } from "@tailrace/domain/record-columns"
import type { StoredKey } from "@tailrace/domain/stored-key"
import { Effect } from "effect"
import { read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

export interface StoredKeysRequest {
  readonly partition: number
  /** Column or map that holds the key. */
  readonly column: StoredColumn<"text" | "pairs">
  /** Key of the map; "" for a column. */
  readonly entry: string
  /** Rows with a smaller identity than this are answered. */
  readonly sequence: number
  readonly row: number
  /** Rows inserted from here on, milliseconds since 1970. */
  readonly since: number
  readonly limit: number
}

/** At most `limit` rows that have the key, newest first. Nothing is read of other partitions or older days. */
export const readStoredKeys = (
  request: StoredKeysRequest
): Effect.Effect<ReadonlyArray<StoredKey>, StoreError, Store> => {
  const { column, entry, limit, partition, row, sequence, since } = request
  const key = column === "attributes" || column === "resource" ? `${column}[{entry:String}]` : column
  return read<{
    readonly sequence: string
    readonly row: number
    readonly tenant: string
    readonly source: string
    readonly received: string
    readonly key: string
  }>({
    operation: `read back the keys of partition ${partition}`,
    sql: `SELECT sequence, row, tenant, source, toUnixTimestamp64Milli(CAST(observed_at, 'DateTime64(3)')) AS received,
        hex(${key}) AS key
      FROM logs
      WHERE partition = {partition:UInt16} AND sequence <= {sequence:UInt64}
        AND (sequence < {sequence:UInt64} OR row < {row:UInt32})
        AND logs.ingested_at >= fromUnixTimestamp64Milli({since:Int64}) AND notEmpty(${key})
      ORDER BY logs.sequence DESC, logs.row DESC
      LIMIT {limit:UInt32}`,
    params: { partition, sequence, row, since, limit, entry },
    limits: { seconds: 300, memoryBytes: 1_000_000_000, resultRows: limit }
  }).pipe(
    Effect.map((rows) =>
      rows.map((one) => ({
        sequence: Number(one.sequence),
        row: one.row,
        tenant: one.tenant,
        source: one.source,
        receivedMillis: Number(one.received),
        key: Buffer.from(one.key, "hex")
      }))
    )
  )
}
