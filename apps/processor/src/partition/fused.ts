// Fused placement: all stages of a partition in one process, chained by in-memory mailboxes, one settlement for all.

import type { LogBatch } from "@tailrace/domain/log-batch"
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
import type { Arrival } from "../outputs/arrival.ts"
import { type Outputs, openOutputs } from "../outputs/outputs.ts"
import type { Pipeline } from "../pipelines.ts"
import { type GuardedStages, guardStages } from "../runtime/guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { fusedStart, rawStreamCovers } from "../runtime/raw-stream.ts"
import type { StageCounters } from "../runtime/stage-counters.ts"
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
  const { partition } = runtime
  const now = elapsedMillis(yield* Clock.Clock)
  const stages = yield* guardStages(pipeline, runtime)
  runtime.begin(stages.rules)
  const { pool, release } = batchPool(partition, pipeline.config.batch.maxRows)
  const outputs = yield* openOutputs({ pipeline, stages, runtime, snapshots, ownership, release })
  yield* rawStreamCovers(Math.max(0, ...outputs.offsets))
  const consumer = yield* openRaw(partition, outputs, ownership)
  runtime.consumer = consumer.state
  outputs.acknowledge(consumer.ackThrough)

  const way = new Way()
  const head = gather({
    take: consumer.takeAll,
    more: () => {
      const { mailbox, pending } = consumer.state()
      return mailbox > 0 || pending > 0
    },
    append: (batch, delivery: Delivery) => appendDelivery(stages, batch, delivery),
    batcher: new Batcher(pipeline.config.batch, outputs.offsets, outputs.repeats),
    pool,
    pace: () => {
      const pace = outputs.pace()
      return { ...pace, ahead: way.passing + pace.ahead }
    },
    handOn: (batch, filledMillis) => {
      runtime.counters.note("parse", batch.length, batch, filledMillis)
      return way.begin({ batch, acknowledge: batch.lastSequence, messages: batch.frames.length })
    }
  }).pipe(Effect.andThen(Effect.sync(() => way.toFilter.end())))
  const startHead = Effect.gen(function* () {
    const done = Fiber.join(yield* Effect.forkScoped(head))
    return { name: "parse", done, drain: Effect.andThen(consumer.drain, done) } satisfies Running<PartFailure>
  })
  return [
    { name: "parse", start: startHead },
    stagePart(stages.filter, runtime.counters, now, {
      mailbox: way.toFilter,
      next: (arrival) => Effect.asVoid(way.toEnrich.offer(arrival, 0)),
      end: () => way.toEnrich.end()
    }),
    stagePart(stages.enrich, runtime.counters, now, {
      mailbox: way.toEnrich,
      next: (arrival) => way.end(arrival, outputs.offer),
      end: () => outputs.inbox.end()
    }),
    ...outputs.parts
  ]
})

const openRaw = Effect.fnUntraced(function* (partition: number, { offsets, repeats }: Outputs, ownership: Ownership) {
  return yield* (yield* Broker).openConsumer({
    ...durableOf("raw", partition),
    ...(yield* fusedStart(partition, offsets)),
    // What was announced and is not there is made again, even where a store that lost it had taken it.
    lacking: repeats.length === 0 ? undefined : Math.min(...repeats.map(({ first }) => first)),
    owned: ownership.owned,
    capacityBytes: aheadBytes
  })
})

/** Reads a message into a batch, and lets go of its bytes once everything kept of it is copied. */
const appendDelivery = (stages: GuardedStages, batch: LogBatch, delivery: Delivery) => {
  const { data } = delivery
  const more = stages.parse(batch, rawFrameOf(delivery))?.more
  if (more === undefined) {
    releaseMessage(data)
    return undefined
  }
  return () => {
    const left = more()
    if (!left) releaseMessage(data)
    return left
  }
}

/** The batches between the head and the outputs. */
class Way {
  readonly toFilter = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  readonly toEnrich = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  passing = 0

  begin(arrival: Arrival): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.passing++
      return Effect.asVoid(this.toFilter.offer(arrival, arrival.batch.byteLength))
    })
  }

  end(arrival: Arrival, offer: Outputs["offer"]): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.passing--
      return offer(arrival)
    })
  }
}

interface Place {
  readonly mailbox: Mailbox<Arrival>
  readonly next: (arrival: Arrival) => Effect.Effect<void>
  readonly end: () => void
}

/** An actor around a synchronous stage. */
const stagePart = (
  stage: BatchStage,
  counters: StageCounters,
  now: () => number,
  { end, mailbox, next }: Place
): PipelinePart => {
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
