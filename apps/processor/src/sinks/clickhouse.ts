// clickhouse: sink that stores rows and their account in ClickHouse, exactly once.
import { LedgerTally } from "@tailrace/domain/ledger"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { insertPrepared, type LogsInsert, prepareLogs } from "@tailrace/store/insert-logs"
import { insertLedger } from "@tailrace/store/insert-rows"
import { type InsertStamp, NativeBlockWriter } from "@tailrace/store/native-block"
import { lastBatch, lastLedgerBatch } from "@tailrace/store/offsets"
import { recoverLogs } from "@tailrace/store/recover-logs"
import { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import type { StoredBatch } from "@tailrace/store/tables"
import { Clock, Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../sink.ts"
import { untilStored } from "../until-stored.ts"
import { awaitRunningInserts } from "./running-inserts.ts"

const config = Schema.Struct({ type: Schema.Literal("clickhouse") })

export const clickhouse = defineSink({
  name: "clickhouse",
  summary: "Stores records, and the account of each batch, in ClickHouse.",
  config,
  examples: [{ title: "The default", config: { type: "clickhouse" } }],
  make: () => Effect.succeed<Sink>({ name: "clickhouse", durable: true, open })
})

/**
 * Two outputs with an offset each: the rows, whose offset is the highest sequence among them, and the ledger, which is
 * added up and written when it is flushed. Opening waits for what an earlier life left running and makes the last stored
 * batch whole (see `recoverLogs`).
 */
const open = Effect.fnUntraced(function* (context: SinkContext) {
  const { partition, holding } = context
  const store = yield* Store
  const provide = Effect.provideService(Store, store)
  yield* untilStored(awaitRunningInserts(partition), holding)
  const stored = yield* untilStored(recoverLogs(partition), holding)
  const accounted = yield* untilStored(lastLedgerBatch(partition), holding)
  const rowsOffset = stored?.lastSequence ?? 0
  const ledgerOffset = accounted?.lastSequence ?? 0
  const rows = yield* openInserts(context, lastBatch(partition), stored)
  const ledger = yield* openInserts(context, lastLedgerBatch(partition), accounted)
  const writer = new NativeBlockWriter()
  const tally = new LedgerTally(partition)
  let waiting: number | undefined

  const storeRows = (batch: LogBatch) => {
    let prepared: { readonly attempt: number; readonly insert: LogsInsert | undefined } | undefined
    return rows((stamp) =>
      Effect.suspend(() => {
        if (prepared?.attempt !== stamp.attempt) {
          prepared = { attempt: stamp.attempt, insert: prepareLogs(writer, batch, stamp) }
        }
        return prepared.insert === undefined ? Effect.void : insertPrepared(prepared.insert)
      })
    )
  }
  const write = (batch: LogBatch) => {
    // Frames at its end without a kept row leave no trace in the rows, whose offset then lies within the batch.
    const needsRows = batch.lastKeptSequence > rowsOffset
    const account = Effect.sync(() => {
      if (batch.lastSequence <= ledgerOffset) return
      tally.add(batch.frames)
      waiting = batch.lastSequence
    })
    return Effect.andThen(needsRows ? storeRows(batch) : Effect.void, account).pipe(provide)
  }
  const flush = Effect.suspend(() => {
    const through = waiting
    const entries = tally.take()
    waiting = undefined
    if (entries.length === 0) return Effect.succeed(undefined)
    return Effect.as(
      ledger((stamp) => insertLedger(entries, stamp)),
      through
    )
  }).pipe(provide)
  return {
    offsets: [rowsOffset],
    slow: { offset: ledgerOffset, flush },
    write
  } satisfies OpenSink
})

/**
 * Inserts of one output, each repeated until it is stored for sure. `ingestedAt` grows from insert to insert and names
 * them; the attempt number is one no earlier life has used, so that a token logged for a part that never came cannot
 * swallow an insert. After a failed attempt even a success may mean a token without its part, so `newest` is asked.
 */
const openInserts = Effect.fnUntraced(function* (
  { partition, holding }: SinkContext,
  newest: Effect.Effect<StoredBatch | undefined, StoreError, Store>,
  last: StoredBatch | undefined
) {
  const clock = yield* Clock.Clock
  let attempt = Math.max(Math.floor(clock.currentTimeMillisUnsafe() / 1000), (last?.attempt ?? 0) + 1)
  let lastIngest = last?.ingestedAt ?? 0
  const storeSurely = (
    insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>,
    ingestedAt: number
  ): Effect.Effect<void, StoreError, Store> =>
    Effect.suspend(() => {
      let failed = false
      const inserted = insert({ ingestedAt, attempt }).pipe(Effect.tapError(() => Effect.sync(() => (failed = true))))
      const verified = Effect.suspend(() => {
        if (!failed) return Effect.void
        // An attempt without an answer may still run; only then does the newest batch tell what became of it.
        return untilStored(Effect.andThen(awaitRunningInserts(partition), newest), holding).pipe(
          Effect.flatMap((batch) => {
            if (batch?.ingestedAt === ingestedAt) return Effect.void
            attempt++
            return storeSurely(insert, ingestedAt)
          })
        )
      })
      return Effect.andThen(untilStored(inserted, holding), verified)
    })
  return (insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>) =>
    Effect.suspend(() => {
      lastIngest = Math.max(clock.currentTimeMillisUnsafe(), lastIngest + 1)
      return storeSurely(insert, lastIngest)
    })
})
