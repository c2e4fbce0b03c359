// clickhouse: sink that stores rows and their account in ClickHouse, exactly once.
import { LedgerTally } from "@tailrace/domain/ledger"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { batchAt, lastLedgerBatch } from "@tailrace/store/recover/offsets"
import { recoverLogs } from "@tailrace/store/recover/recover-logs"
import { repairRollup } from "@tailrace/store/recover/repair-rollup"
import { awaitRunningInserts } from "@tailrace/store/recover/running-inserts"
import { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import { insertPrepared, type LogsInsert, prepareLogs } from "@tailrace/store/write/insert-logs"
import { insertLedger } from "@tailrace/store/write/insert-rows"
import { type InsertStamp, NativeBlockWriter } from "@tailrace/store/write/native-block"
import { Effect, Schema, Semaphore } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../outputs/sink.ts"
import { type SinkPolicy, sinkPolicyFields } from "../outputs/sink-policy.ts"
import { untilStored } from "../outputs/until-stored.ts"
import { type InsertOptions, openInserts, type Range } from "./clickhouse/inserts.ts"
import { storeInPieces } from "./clickhouse/pieces.ts"
import { isRefusal, refusedBy, setAside } from "./clickhouse/refusal.ts"
import { openSplitFrame } from "./clickhouse/split-frame.ts"

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

/** How often opening looks for inserts of an earlier life. */
const looksAtOpening = 15

/**
 * Two outputs with an offset each: the rows, whose offset is the highest sequence among them, and the ledger, which is
 * added up and written when it is flushed. Opening waits a little for what an earlier life left running and makes the
 * last stored batch whole (see `recoverLogs`).
 */
const open = Effect.fnUntraced(function* (context: SinkContext, { deadLetters }: SinkPolicy) {
  const { breaker, ownership, partition } = context
  const store = yield* Store
  const provide = Effect.provideService(Store, store)
  // What an earlier life left running is met by its token, unless its rows cannot be chosen again just so.
  const looks = ownership.left.rows?.within === true ? Number.POSITIVE_INFINITY : looksAtOpening
  yield* untilStored(awaitRunningInserts(partition, looks), breaker)
  const stored = yield* untilStored(recoverLogs(partition, ownership.confirm), breaker)
  const accounted = yield* untilStored(lastLedgerBatch(partition), breaker)
  const split = yield* openSplitFrame(context, stored?.lastSequence ?? 0)
  const rows = yield* openInserts(context, "rows", batchAt("logs", partition), stored, (batch) =>
    repairRollup(partition, batch, ownership.confirm)
  )
  const ledger = yield* openInserts(context, "ledger", batchAt("ledger", partition), accounted)
  const rowsOffset = split.unfinished ? split.offset : rows.offset
  const ledgerOffset = ledger.offset
  const writer = new NativeBlockWriter()
  const tally = new LedgerTally(partition)
  let first = 0
  let waiting: number | undefined
  let flushed: number | undefined

  const storeSelected = (batch: LogBatch, range: Range, options: InsertOptions) => {
    let prepared: { readonly attempt: number; readonly insert: LogsInsert | undefined } | undefined
    const insert = (stamp: InsertStamp) =>
      Effect.suspend(() => {
        if (prepared?.attempt !== stamp.attempt) {
          prepared = { attempt: stamp.attempt, insert: prepareLogs(writer, batch, stamp) }
        }
        return prepared.insert === undefined ? Effect.void : insertPrepared(prepared.insert)
      })
    return rows.store(range, refusedBy(insert, deadLetters.codes), options)
  }
  /** All rows in one insert, or, when something in them is refused, in pieces without what is refused by itself. */
  const storeRows = (batch: LogBatch) => {
    const inPieces = (refusal: StoreError) =>
      storeInPieces(batch, refusal, {
        insert: (refusals) => storeSelected(batch, pieceOf(batch), { refusals, piece: true }),
        setAside: (row, error) => setAside(context, batch, row, error),
        split: split.mark,
        most: deadLetters.perBatch
      })
    const range = { first: batch.firstSequence, last: batch.lastSequence }
    const whole = storeSelected(batch, range, { refusals: deadLetters.perBatch === 0 ? "hold" : "pass" })
    return split.without(batch, Effect.catchIf(whole, isRefusal, inPieces))
  }
  const turn = Semaphore.makeUnsafe(1)
  const storeAccount = Effect.suspend(() => {
    const through = waiting
    const left = ledger.left()
    const unfinished = left?.first === first && (through ?? 0) < left.last
    if (through === undefined || unfinished) return Effect.void
    const entries = tally.take()
    waiting = undefined
    return Effect.andThen(
      ledger.store({ first, last: through }, (stamp) => insertLedger(entries, stamp)),
      Effect.sync(() => (flushed = through))
    )
  }).pipe(turn.withPermits(1), provide)
  const account = (batch: LogBatch) =>
    Effect.suspend(() => {
      if (batch.lastSequence <= ledgerOffset) return Effect.void
      if (waiting === undefined) first = batch.firstSequence
      tally.add(batch.frames)
      waiting = batch.lastSequence
      return waiting === ledger.left()?.last ? storeAccount : Effect.void
    })
  const write = (batch: LogBatch) => {
    // Frames at its end without a kept row leave no trace in the rows, whose offset then lies within the batch.
    const needsRows = batch.lastKeptSequence > rowsOffset
    return Effect.andThen(needsRows ? storeRows(batch) : Effect.void, account(batch)).pipe(provide)
  }
  const flush = Effect.andThen(
    storeAccount,
    Effect.sync(() => {
      const through = flushed
      flushed = undefined
      return through
    })
  )
  return {
    offsets: [rowsOffset],
    slow: { offset: ledgerOffset, flush },
    repeats: [rows, ledger].flatMap((one) => one.left() ?? []),
    write
  } satisfies OpenSink
})

/** The sequences of the rows that are selected; those of one frame may be some of its rows only. */
const pieceOf = (batch: LogBatch): Range => {
  const from = batch.selected.indexOf(1)
  const to = batch.selected.lastIndexOf(1, batch.length - 1)
  const first = batch.sequence[from] as number
  const last = batch.sequence[to] as number
  return first === last ? { first, last, within: true } : { first, last }
}
