// clickhouse: sink that stores rows and their account in ClickHouse, exactly once.
import { ledgerEntries } from "@tailrace/domain/ledger"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { insertPrepared, type LogsInsert, prepareLogs } from "@tailrace/store/insert-logs"
import { insertLedger } from "@tailrace/store/insert-rows"
import { type InsertStamp, NativeBlockWriter } from "@tailrace/store/native-block"
import { lastBatch, lastLedgerBatch, type StoredBatch } from "@tailrace/store/offsets"
import { recoverLogs } from "@tailrace/store/recover-logs"
import { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
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
 * Two outputs with an offset each: the rows, whose offset is the highest sequence among them, and the ledger. Opening
 * waits for what an earlier life left running, makes the last stored batch whole (see `recoverLogs`) and takes an attempt
 * number no earlier life has used, so that a token logged for a part that never came cannot swallow a batch.
 * `ingestedAt` grows from batch to batch and names them.
 */
const open = Effect.fnUntraced(function* (context: SinkContext) {
  const { partition, holding } = context
  const store = yield* Store
  const clock = yield* Clock.Clock
  const provide = Effect.provideService(Store, store)
  yield* untilStored(awaitRunningInserts(partition), holding)
  const rows = yield* untilStored(recoverLogs(partition), holding)
  const ledger = yield* untilStored(lastLedgerBatch(partition), holding)
  const rowsOffset = rows?.lastSequence ?? 0
  const ledgerOffset = ledger?.lastSequence ?? 0
  const seconds = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
  let attempt = Math.max(seconds, (rows?.attempt ?? 0) + 1, (ledger?.attempt ?? 0) + 1)
  let lastIngest = Math.max(rows?.ingestedAt ?? 0, ledger?.ingestedAt ?? 0)
  const writer = new NativeBlockWriter()

  /** Inserts until it is stored for sure. After a failed attempt even a success may mean a token without its part. */
  const storeSurely = (
    insert: (stamp: InsertStamp) => Effect.Effect<void, StoreError, Store>,
    newest: Effect.Effect<StoredBatch | undefined, StoreError, Store>,
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
            return storeSurely(insert, newest, ingestedAt)
          })
        )
      })
      return Effect.andThen(untilStored(inserted, holding), verified)
    })

  const storeRows = (batch: LogBatch, ingestedAt: number) => {
    let prepared: { readonly attempt: number; readonly insert: LogsInsert | undefined } | undefined
    const insert = (stamp: InsertStamp) =>
      Effect.suspend(() => {
        if (prepared?.attempt !== stamp.attempt) {
          prepared = { attempt: stamp.attempt, insert: prepareLogs(writer, batch, stamp) }
        }
        return prepared.insert === undefined ? Effect.void : insertPrepared(prepared.insert)
      })
    return storeSurely(insert, lastBatch(partition), ingestedAt)
  }

  const write = (batch: LogBatch) =>
    Effect.suspend(() => {
      const ingestedAt = Math.max(clock.currentTimeMillisUnsafe(), lastIngest + 1)
      lastIngest = ingestedAt
      const needsRows = batch.keptCount > 0 && batch.lastSequence > rowsOffset
      const needsLedger = batch.lastSequence > ledgerOffset
      const entries = needsLedger ? ledgerEntries(partition, batch.frames) : []
      return Effect.andThen(
        needsRows ? storeRows(batch, ingestedAt) : Effect.void,
        needsLedger
          ? storeSurely((stamp) => insertLedger(entries, stamp), lastLedgerBatch(partition), ingestedAt)
          : Effect.void
      )
    }).pipe(provide)
  return { offsets: [rowsOffset, ledgerOffset], write } satisfies OpenSink
})
