// Gather: the actor that forms the batches which are stored: messages are put into them, and they are handed on when due.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Consumer } from "@tailrace/streams/consumer"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import type { Mailbox } from "@tailrace/streams/mailbox"
import { Clock, Effect, Option } from "effect"
import type { Batcher, WritePace } from "./batcher.ts"

/** How long the rest of a batch to be formed again is waited for before it is asked again whether there is a rest. */
const growMillis = 100

/** How long it is waited for when no stage has it: one may have handed it on, and the next not have got it yet. */
const patienceMillis = 5_000

/** Bytes taken in before other fibres (acknowledgements, inserts) get their turn: about 2 ms of parsing. */
const bytesPerTurn = 262_144

/** What is gathered: a message, or a part of one that may be parted from the rest. */
export interface Gathered {
  /** The first raw sequence it brings. */
  readonly sequence: number
  readonly data: Uint8Array
}

export interface GatherOptions<One extends Gathered> {
  /** Waits for what is to be gathered, in order of sequence; may bring nothing. Each one is asked for when its turn comes. */
  readonly take: Effect.Effect<Iterable<One>, Effect.Error<Consumer["take"]>>
  /** Whether there is more to come that lies in a stream already, as far as the stages know. */
  readonly more: () => boolean
  /** Answers what is left to be called for more of it until that is false, or undefined when it is all in the batch. */
  readonly append: (batch: LogBatch, one: One) => (() => boolean) | undefined
  readonly batcher: Batcher
  /** Empty batches to fill; the actor waits here when all are on their way, which is the pipeline's back-pressure. */
  readonly pool: Mailbox<LogBatch>
  readonly pace: () => WritePace
  /** Takes a batch that is due, and how many milliseconds it was filled for. */
  readonly handOn: (batch: LogBatch, filledMillis: number) => Effect.Effect<void>
}

/** Runs until `take` says that the mailbox is closed, then hands on what it holds. Fails as `take` fails. */
export const gather = Effect.fnUntraced(function* <One extends Gathered>(options: GatherOptions<One>) {
  const { append, batcher, more, pool } = options
  const clock = yield* Clock.Clock
  const now = elapsedMillis(clock)
  const empty = Effect.orDie(pool.take)
  let batch = yield* empty
  let turn = 0
  let started = now()
  /** When the rest of a batch to be formed again was seen last. */
  let seen = now()

  const awaitsRest = () => {
    if (!batcher.mustGrow(batch)) return false
    if (more()) seen = now()
    return now() - seen < patienceMillis
  }
  const handOn = Effect.fnUntraced(function* () {
    yield* options.handOn(batch, now() - started)
    batch = yield* empty
    started = now()
  })
  const take = Effect.fnUntraced(function* () {
    if (batch.frames.length === 0) return Option.some(yield* options.take)
    if (awaitsRest()) return yield* Effect.timeoutOption(options.take, growMillis)
    const due = batcher.dueIn(now(), options.pace())
    return due === 0 ? Option.none<Iterable<One>>() : yield* Effect.timeoutOption(options.take, due)
  })

  for (;;) {
    const taken = yield* Effect.catchTag(take(), "MailboxClosed", () => Effect.succeed(undefined))
    if (taken === undefined) break
    if (Option.isNone(taken)) {
      if (!awaitsRest() && batcher.dueIn(now(), options.pace()) === 0) yield* handOn()
      continue
    }
    for (const one of taken.value) {
      if (batcher.mustCut(batch, one.sequence)) yield* handOn()
      if (batch.frames.length === 0) batcher.started(now())
      const more = append(batch, one)
      if (more !== undefined) {
        do yield* Effect.yieldNow
        while (more())
      }
      turn += one.data.length
      if (turn >= bytesPerTurn) {
        turn = 0
        yield* Effect.yieldNow
      }
    }
    seen = now()
  }
  // Half of a batch to be formed again is left to the next life, which reads it from the stream.
  if (batch.frames.length > 0 && !batcher.mustGrow(batch)) yield* options.handOn(batch, now() - started)
})
