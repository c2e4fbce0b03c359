// Insert logs: one batch, one HTTP POST of one Native block, one part.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { Tables } from "../tables.ts"
import { blockColumnsOf, type InsertStamp, NativeBlockWriter } from "./native-block.ts"

/** The block of a batch, ready to be sent any number of times under its token. */
export interface LogsInsert {
  readonly token: string
  readonly rows: number
  /** Names of the block's columns, as an insert lists them. */
  readonly columns: string
  /** A view into the writer that made it, valid until that writer's next block. */
  readonly bytes: Uint8Array
}

/**
 * Token of an insert of rows: partition, first and last sequence among the kept rows, attempt. All four stand in the
 * rows, so that the token of a stored batch can be told from the table alone.
 */
export const logsToken = (partition: number, firstSequence: number, lastSequence: number, attempt: number): string =>
  `${partition}-${firstSequence}-${lastSequence}-${attempt}`

/** Lays out the kept rows of a batch for `insertLogs`; undefined when none is kept. */
export const prepareLogs = (writer: NativeBlockWriter, batch: LogBatch, stamp: InsertStamp): LogsInsert | undefined => {
  const bytes = writer.write(batch, stamp)
  if (bytes.length === 0) return undefined
  let first = 0
  while (batch.selected[first] !== 1) first++
  let last = batch.length - 1
  while (batch.selected[last] !== 1) last--
  const firstSequence = batch.sequence[first] as number
  const lastSequence = batch.sequence[last] as number
  const columns = blockColumnsOf(batch.columns).map(([name]) => name)
  const token = logsToken(batch.partition, firstSequence, lastSequence, stamp.attempt)
  return { token, rows: batch.keptCount, columns: columns.join(", "), bytes }
}

/**
 * Sends a prepared insert. After a failure classed `retry` or `hold` send the same insert again: it stores the rows once
 * and counts them once in every rollup, whether or not the first one arrived.
 */
export const insertPrepared = (insert: LogsInsert): Effect.Effect<void, StoreError, Store> =>
  postNative("logs", insert.columns, insert.token, insert.bytes)

/** Prepares and sends the kept rows of a batch in one go. The batch must not change until this ends. */
export const insertLogs = (batch: LogBatch, stamp: InsertStamp): Effect.Effect<void, StoreError, Store> =>
  Effect.suspend(() => {
    const insert = prepareLogs(new NativeBlockWriter(), batch, stamp)
    return insert === undefined ? Effect.void : insertPrepared(insert)
  })

/** One insert of bytes in Native format into some columns of a table. */
export const postNative = (
  table: string,
  columns: string,
  token: string,
  bytes: Uint8Array
): Effect.Effect<void, StoreError, Store> => Tables.use((tables) => tables.insertNative(table, columns, token, bytes))
