// Fused placement: all stages of a partition in one process, chained by in-memory mailboxes, one settlement for all.

import type { BatchStage } from "@tailrace/pipeline/stage"
import { type Running, startActor } from "@tailrace/streams/actor"
import { Broker } from "@tailrace/streams/broker"
import { durableOf } from "@tailrace/streams/definitions"
import type { Delivery } from "@tailrace/streams/delivery"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { rawFrameOf } from "@tailrace/streams/frame-encoding"
import { Mailbox } from "@tailrace/streams/mailbox"
import type { Ownership } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { releaseMessage } from "@tailrace/streams/whole-messages"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { type Arrival, openTail } from "../outputs/outputs.ts"
import type { Pipeline } from "../pipelines.ts"
import { guardStages } from "../runtime/guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { fusedStart, rawStreamCovers } from "../runtime/raw-stream.ts"
import { batchPool } from "./batch-pool.ts"
import { Batcher } from "./batcher.ts"
import { gather } from "./gather.ts"

/** Frames fetched before they are parsed, in bytes; twice the largest message the broker takes. */
const aheadBytes = 16 * 1024 * 1024

/** The parts of one life of a partition's pipeline, in the order data flows. */
export const fusedParts = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  runtime: PartitionRuntime,
  snapshots: SnapshotsShape,
  ownership: Ownership
): Effect.fn.Return<ReadonlyArray<PipelinePart>, PartFailure, PartServices | Scope.Scope> {
  const { counters, partition } = runtime
  const clock = yield* Clock.Clock
  const now = elapsedMillis(clock)
  const stages = yield* guardStages(pipeline, runtime)
  runtime.begin(stages.rules)
  const { pool, release } = batchPool(partition, pipeline.config.batch.maxRows)
  const tail = yield* openTail({ pipeline, stages, runtime, snapshots, ownership, release })
  yield* rawStreamCovers(Math.max(0, ...tail.offsets))
  const consumer = yield* (yield* Broker).openConsumer({
    ...durableOf("raw", partition),
    ...(yield* fusedStart(partition, tail.offsets)),
    // What was announced and is not there is made again, even where a store that lost it had taken it.
    lacking: tail.repeats.length === 0 ? undefined : Math.min(...tail.repeats.map(({ first }) => first)),
    owned: ownership.owned,
    capacityBytes: aheadBytes
  })
  runtime.consumer = consumer.state
  tail.acknowledge(consumer.ackThrough)

  const toFilter = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  const toEnrich = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  let passing = 0
  const head = gather({
    take: consumer.takeAll,
    more: () => {
      const { mailbox, pending } = consumer.state()
      return mailbox > 0 || pending > 0
    },
    append: (batch, delivery: Delivery) => {
      const more = stages.parse(batch, rawFrameOf(delivery))?.more
      // Everything kept is copied once all of it is read.
      if (more === undefined) {
        releaseMessage(delivery.data)
        return undefined
      }
      return () => {
        const left = more()
        if (!left) releaseMessage(delivery.data)
        return left
      }
    },
    batcher: new Batcher(pipeline.config.batch, tail.offsets, tail.repeats),
    pool,
    pace: () => {
      const pace = tail.pace()
      return { ...pace, ahead: passing + pace.ahead }
    },
    handOn: (batch, filledMillis) =>
      Effect.suspend(() => {
        counters.note("parse", batch.length, batch, filledMillis)
        passing++
        const arrival = { batch, acknowledge: batch.lastSequence, messages: batch.frames.length }
        return Effect.asVoid(toFilter.offer(arrival, batch.byteLength))
      })
  }).pipe(Effect.andThen(Effect.sync(() => toFilter.end())))
  const startHead = Effect.gen(function* () {
    const done = Fiber.join(yield* Effect.forkScoped(head))
    return { name: "parse", done, drain: Effect.andThen(consumer.drain, done) } satisfies Running<PartFailure>
  })

  /** An actor around a synchronous stage. */
  const stagePart = (
    stage: BatchStage,
    mailbox: Mailbox<Arrival>,
    next: (arrival: Arrival) => Effect.Effect<void>,
    end: () => void
  ) => {
    counters.waiting.set(stage.name, () => mailbox.count)
    const receive = (arrival: Arrival) =>
      Effect.suspend(() => {
        const before = arrival.batch.keptCount
        const started = now()
        stage.apply(arrival.batch)
        counters.note(stage.name, before, arrival.batch, now() - started)
        return next(arrival)
      })
    return { name: stage.name, start: startActor({ name: stage.name, mailbox, receive, finish: Effect.sync(end) }) }
  }
  return [
    { name: "parse", start: startHead },
    stagePart(
      stages.filter,
      toFilter,
      (arrival) => Effect.asVoid(toEnrich.offer(arrival, 0)),
      () => toEnrich.end()
    ),
    stagePart(
      stages.enrich,
      toEnrich,
      (arrival) =>
        Effect.suspend(() => {
          passing--
          return tail.offer(arrival)
        }),
      () => tail.inbox.end()
    ),
    ...tail.parts
  ]
})
