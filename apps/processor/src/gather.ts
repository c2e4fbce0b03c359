// Gather: the actor at the head of a pipeline: raw messages are parsed into batches and handed on when due.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Consumer } from "@tailrace/streams/consumer"
import type { Delivery } from "@tailrace/streams/delivery"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import type { Mailbox } from "@tailrace/streams/mailbox"
import { releaseMessage } from "@tailrace/streams/whole-messages"
import { Clock, Effect, Option } from "effect"
import type { Batcher, WritePace } from "./batcher.ts"
import type { AppendFrame } from "./stage.ts"
import type { StageCounters } from "./stage-counters.ts"

/** How long the rest of a batch to be formed again is waited for before it is asked again whether there is a rest. */
const growMillis = 100

/** Bytes parsed before other fibres (acknowledgements, inserts) get their turn: about 2 ms of parsing. */
const bytesPerTurn = 262_144

export interface GatherOptions {
  readonly partition: number
  readonly consumer: Consumer
  /** Keeps nothing of a delivery: its bytes are let go behind it. */
  readonly parse: AppendFrame
  readonly batcher: Batcher
  readonly counters: StageCounters
  /** Empty batches to fill; the head waits here when all are on their way, which is the pipeline's back-pressure. */
  readonly pool: Mailbox<LogBatch>
  readonly pace: () => WritePace
  /** Takes a batch that is due. */
  readonly handOn: (batch: LogBatch) => Effect.Effect<void>
}

/** Runs until the consumer is drained, then hands on what it holds. Fails as the consumer fails. */
export const gather = Effect.fnUntraced(function* (options: GatherOptions) {
  const { batcher, consumer, counters, parse, pool } = options
  const clock = yield* Clock.Clock
  const now = elapsedMillis(clock)
  const empty = Effect.orDie(pool.take)
  let batch = yield* empty
  let turn = 0
  let started = now()

  const handOn = Effect.fnUntraced(function* () {
    counters.note("parse", batch.length, batch, now() - started)
    yield* options.handOn(batch)
    batch = yield* empty
    started = now()
  })
  /** Whether the stream holds messages that have not been taken. */
  const more = () => {
    const { mailbox, pending } = consumer.state()
    return mailbox > 0 || pending > 0
  }
  const take = Effect.fnUntraced(function* () {
    if (batch.frames.length === 0) return Option.some(yield* consumer.takeAll)
    if (batcher.mustGrow(batch) && more()) return yield* Effect.timeoutOption(consumer.takeAll, growMillis)
    const due = batcher.dueIn(now(), options.pace())
    return due === 0 ? Option.none<ReadonlyArray<Delivery>>() : yield* Effect.timeoutOption(consumer.takeAll, due)
  })

  for (;;) {
    const taken = yield* Effect.catchTag(take(), "MailboxClosed", () => Effect.succeed(undefined))
    if (taken === undefined) break
    if (Option.isNone(taken)) {
      const grows = batcher.mustGrow(batch) && more()
      if (!grows && batcher.dueIn(now(), options.pace()) === 0) yield* handOn()
      continue
    }
    for (const delivery of taken.value) {
      if (batcher.mustCut(batch, delivery.sequence)) yield* handOn()
      if (batch.frames.length === 0) batcher.started(now())
      parse(batch, delivery)
      releaseMessage(delivery.data)
      turn += delivery.data.length
      if (turn >= bytesPerTurn) {
        turn = 0
        yield* Effect.yieldNow
      }
    }
  }
  // Half of a batch to be formed again is left to the next life, which reads it from the stream.
  if (batch.frames.length > 0 && !batcher.mustGrow(batch)) {
    counters.note("parse", batch.length, batch, now() - started)
    yield* options.handOn(batch)
  }
})
