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
import { Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../sink.ts"
import { type SinkPolicy, sinkPolicyFields } from "../sink-policy.ts"
import { untilStored } from "../until-stored.ts"
import { type InsertOptions, openInserts } from "./inserts.ts"
import { storeInPieces } from "./pieces.ts"
import { isRefusal, refusedBy, setAside } from "./refusal.ts"
import { awaitRunningInserts } from "./running-inserts.ts"
import { openSplitFrame } from "./split-frame.ts"

const config = Schema.Struct({ type: Schema.Literal("clickhouse"), ...sinkPolicyFields })

export const clickhouse = defineSink({
  name: "clickhouse",
  summary: "Stores records, and the account of each batch, in ClickHouse.",
  config,
  examples: [
    { title: "The default", config: { type: "clickhouse" } },
    {
      title: "More patience, and no record set aside",
      config: {
        type: "clickhouse",
        retry: { longest: "30s" },
        breaker: { longest: "1m" },
        deadLetters: { perBatch: 0 }
      }
    }
  ],
  make: (policy) =>
    Effect.succeed<Sink>({ name: "clickhouse", durable: true, policy, open: (context) => open(context, policy) })
})

/**
 * Two outputs with an offset each: the rows, whose offset is the highest sequence among them, and the ledger, which is
 * added up and written when it is flushed. Opening waits for what an earlier life left running and makes the last stored
 * batch whole (see `recoverLogs`).
 */
const open = Effect.fnUntraced(function* (context: SinkContext, { deadLetters }: SinkPolicy) {
  const { breaker, partition } = context
  const store = yield* Store
  const provide = Effect.provideService(Store, store)
  yield* untilStored(awaitRunningInserts(partition), breaker)
  const stored = yield* untilStored(recoverLogs(partition), breaker)
  const accounted = yield* untilStored(lastLedgerBatch(partition), breaker)
  const split = yield* openSplitFrame(context, stored?.lastSequence ?? 0)
  const rowsOffset = split.offset
  const ledgerOffset = accounted?.lastSequence ?? 0
  const rows = yield* openInserts(context, lastBatch(partition), stored)
  const ledger = yield* openInserts(context, lastLedgerBatch(partition), accounted)
  const writer = new NativeBlockWriter()
  const tally = new LedgerTally(partition)
  let waiting: number | undefined

  const storeSelected = (batch: LogBatch, options: InsertOptions) => {
    let prepared: { readonly attempt: number; readonly insert: LogsInsert | undefined } | undefined
    const insert = (stamp: InsertStamp) =>
      Effect.suspend(() => {
        if (prepared?.attempt !== stamp.attempt) {
          prepared = { attempt: stamp.attempt, insert: prepareLogs(writer, batch, stamp) }
        }
        return prepared.insert === undefined ? Effect.void : insertPrepared(prepared.insert)
      })
    return rows(refusedBy(insert, deadLetters.codes), options)
  }
  /** All rows in one insert, or, when something in them is refused, in pieces without what is refused by itself. */
  const storeRows = (batch: LogBatch) => {
    const inPieces = (refusal: StoreError) =>
      storeInPieces(batch, refusal, {
        insert: (refusals) => storeSelected(batch, { refusals, piece: true }),
        setAside: (row, error) => setAside(context, batch, row, error),
        split: split.mark,
        most: deadLetters.perBatch
      })
    const whole = storeSelected(batch, { refusals: deadLetters.perBatch === 0 ? "hold" : "pass" })
    return split.without(batch, Effect.catchIf(whole, isRefusal, inPieces))
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
