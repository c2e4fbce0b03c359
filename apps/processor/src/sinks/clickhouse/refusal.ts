// Refusal: what a store says about the data of an insert, and the dead letter that comes of it.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { repairRollup } from "@tailrace/store/recover/repair-rollup"
import type { Store } from "@tailrace/store/store"
import { StoreError } from "@tailrace/store/store-error"
import type { StoredBatch } from "@tailrace/store/tables"
import { Effect } from "effect"
import type { SinkContext } from "../../outputs/sink.ts"
import { SinkError } from "../../outputs/sink-error.ts"

/** Whether something in the data was refused, and not the request as such. */
export const isRefusal = (error: unknown): error is SinkError =>
  error instanceof SinkError && error.consequence === "dead-letter"

/** Rows are stored, but a view on their table failed over them: it lacks them, and the rollup must not. */
export const afterFailedView = <E>(
  partition: number,
  stored: StoredBatch,
  { message }: SinkError,
  confirm: Effect.Effect<void, E>
): Effect.Effect<void, StoreError | E, Store> =>
  Effect.andThen(
    Effect.logWarning(`rows are stored, but a view on the table failed over them and lacks them: ${message}`),
    repairRollup(partition, stored, confirm)
  )

/** An insert whose failures with certain codes count as refusals of the data too. */
export const refusedBy =
  <Stamp>(insert: (stamp: Stamp) => Effect.Effect<void, StoreError, Store>, codes: ReadonlyArray<number>) =>
  (stamp: Stamp): Effect.Effect<void, StoreError, Store> =>
    codes.length === 0
      ? insert(stamp)
      : Effect.mapError(insert(stamp), (error) =>
          error.code !== undefined && codes.includes(error.code)
            ? new StoreError({ ...error, consequence: "dead-letter" })
            : error
        )

/** Stores a row of a batch as a dead letter; answers the reason under which it is counted. */
export const setAside = (
  { office }: SinkContext,
  batch: LogBatch,
  index: number,
  error: SinkError
): Effect.Effect<string, SinkError> => {
  const reason = `refused: ${error.refusedAs}`
  return Effect.as(
    office.take([
      {
        tenant: batch.tenant.textAt(index),
        source: batch.source.textAt(index),
        stage: "sink",
        sequence: batch.sequence[index] as number,
        row: batch.row[index] as number,
        records: 1,
        reason,
        detail: error.message
      }
    ]),
    reason
  )
}
