// OpenClickHouse: the open sink of one partition: its rows and its account, with an offset each.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { batchAt, lastLedgerBatch } from "@tailrace/store/recover/offsets"
import { recoverLogs } from "@tailrace/store/recover/recover-logs"
import { repairRollup } from "@tailrace/store/recover/repair-rollup"
import { awaitRunningInserts } from "@tailrace/store/recover/running-inserts"
import { Store } from "@tailrace/store/store"
import { Effect } from "effect"
import type { OpenSink, SinkContext } from "../../outputs/sink.ts"
import { untilStored } from "../../outputs/until-stored.ts"
import { Account } from "./account.ts"
import type { ClickHouseConfig } from "./clickhouse-config.ts"
import { openInserts } from "./inserts.ts"
import { Rows } from "./rows.ts"
import { openSplitFrame } from "./split-frame.ts"

/** What the sink needs to be opened. */
export type ClickHouseServices = Store

/** How often opening looks for inserts of an earlier life. */
const looksAtOpening = 15

/**
 * Two outputs with an offset each: the rows, whose offset is the highest sequence among them, and the ledger, which is
 * added up and written when it is flushed. Opening waits a little for what an earlier life left running and makes the
 * last stored batch whole (see `recoverLogs`).
 */
export const openClickHouse = Effect.fnUntraced(function* (context: SinkContext, { deadLetters }: ClickHouseConfig) {
  const { breaker, ownership, partition } = context
  const provide = Effect.provideService(Store, yield* Store)
  // What an earlier life left running is met by its token, unless its rows cannot be chosen again just so.
  const looks = ownership.left.rows?.within === true ? Number.POSITIVE_INFINITY : looksAtOpening
  yield* untilStored(awaitRunningInserts(partition, looks), breaker)
  const stored = yield* untilStored(recoverLogs(partition, ownership.confirm), breaker)
  const accounted = yield* untilStored(lastLedgerBatch(partition), breaker)
  const split = yield* openSplitFrame(context, stored?.lastSequence ?? 0)
  const inserts = yield* openInserts(context, "rows", batchAt("logs", partition), stored, (batch) =>
    repairRollup(partition, batch, ownership.confirm)
  )
  const ledger = yield* openInserts(context, "ledger", batchAt("ledger", partition), accounted)
  const rows = new Rows({ context, deadLetters, inserts, split })
  const account = new Account(partition, ledger)
  const rowsOffset = split.unfinished ? split.offset : inserts.offset
  const write = (batch: LogBatch) => {
    // Frames at its end without a kept row leave no trace in the rows, whose offset then lies within the batch.
    const needsRows = batch.lastKeptSequence > rowsOffset
    return Effect.andThen(needsRows ? rows.store(batch) : Effect.void, account.add(batch)).pipe(provide)
  }
  return {
    offsets: [rowsOffset],
    slow: { offset: ledger.offset, flush: provide(account.flush) },
    repeats: [inserts, ledger].flatMap((one) => one.left() ?? []),
    write
  } satisfies OpenSink
})
