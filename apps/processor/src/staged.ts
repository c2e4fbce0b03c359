// Staged placement: a durable hop between all stages of a partition, each of which may run in a process of its own.
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import { type StagedStage, stageSubject } from "@tailrace/domain/subjects"
import type { Running } from "@tailrace/streams/actor"
import { Broker } from "@tailrace/streams/broker"
import { type ConsumedStream, durableOf } from "@tailrace/streams/definitions"
import type { Delivery } from "@tailrace/streams/delivery"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { type HopOutput, startHop } from "@tailrace/streams/hop"
import type { Ownership } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { guardStages } from "./guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "./part.ts"
import type { PartitionRuntime } from "./partition-state.ts"
import type { Pipeline } from "./pipeline.ts"
import { rawStreamCovers } from "./raw-stream.ts"
import type { AppendFrame, BatchStage } from "./stage.ts"
import type { StageName } from "./stage-counters.ts"
import { openTail } from "./tail.ts"

/** Text of one message between stages; its encoding stays well below the broker's largest message. */
const maxTextBytes = 2 * 1024 * 1024

/** The parts of one life of a partition's pipeline, in the order data flows: three hops and the tail. */
export const stagedParts = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  runtime: PartitionRuntime,
  snapshots: SnapshotsShape,
  ownership: Ownership
): Effect.fn.Return<ReadonlyArray<PipelinePart>, PartFailure, PartServices | Scope.Scope> {
  const { counters, partition } = runtime
  const now = elapsedMillis(yield* Clock.Clock)
  const stages = yield* guardStages(pipeline, runtime)
  runtime.begin(stages.rules)
  const tail = yield* openTail({ pipeline, stages, runtime, snapshots, ownership, release: () => Effect.void })
  yield* rawStreamCovers(Math.max(0, ...tail.offsets))
  const consumer = yield* (yield* Broker).openConsumer({ ...durableOf("enriched", partition), owned: ownership.owned })
  runtime.consumer = consumer.state
  tail.acknowledge(consumer.ackThrough)

  const timed = <A>(
    name: StageName,
    work: () => { readonly value: A; readonly batch: LogBatch; readonly before: number }
  ) => {
    const started = now()
    const { value, batch, before } = work()
    counters.note(name, before, batch, now() - started)
    return value
  }
  const hop = (
    name: "parse" | "filter" | "enrich",
    from: ConsumedStream,
    to: StagedStage,
    transform: (inputs: ReadonlyArray<Delivery>) => ReadonlyArray<HopOutput>,
    lingerMillis = 0
  ) => ({
    name,
    start: startHop({
      lingerMillis,
      name: `${name}-${partition}`,
      input: { ...durableOf(from, partition), owned: ownership.owned },
      outputStream: to,
      outputSubject: stageSubject(to, partition),
      transform: (inputs) =>
        Effect.suspend(() => {
          const outputs = transform(inputs)
          const refused = stages.takeRefused(Number.POSITIVE_INFINITY, name)
          return Effect.as(tail.setAside(refused), outputs)
        })
    })
  })
  const stageHop = (stage: BatchStage, from: ConsumedStream, to: StagedStage) =>
    hop(stage.name, from, to, (inputs) =>
      inputs.map(({ data }) =>
        timed(stage.name, () => {
          const batch = decodeBatch(data)
          const before = batch.keptCount
          stage.apply(batch)
          return { value: { payload: encodeBatch(batch) }, batch, before }
        })
      )
    )
  const parseFrames = (inputs: ReadonlyArray<Delivery>) =>
    parseRuns(partition, stages.parse, inputs).map((batch) =>
      timed("parse", () => ({ value: { payload: encodeBatch(batch) }, batch, before: batch.length }))
    )
  // Batches keep their size from here on, down to the store, where each costs about the same whatever it is.
  const parseHop = hop("parse", "raw", "parsed", parseFrames, pipeline.config.batch.maxLinger)

  const reader = Effect.gen(function* () {
    for (;;) {
      const delivery = yield* Effect.catchTag(consumer.take, "MailboxClosed", () => Effect.succeed(undefined))
      if (delivery === undefined) break
      const batch = decodeBatch(delivery.data)
      if (batch.frames.length > 0) yield* tail.offer({ batch, acknowledge: delivery.sequence, messages: 1 })
    }
    tail.inbox.end()
  })
  const startReader = Effect.gen(function* () {
    const done = Fiber.join(yield* Effect.forkScoped(reader))
    return { name: "read", done, drain: Effect.andThen(consumer.drain, done) } satisfies Running<PartFailure>
  })
  return [
    parseHop,
    stageHop(stages.filter, "parsed", "filtered"),
    stageHop(stages.enrich, "filtered", "enriched"),
    { name: "read", start: startReader },
    ...tail.parts
  ]
})

/** Parses messages into as many batches as keep each below the largest message; the same messages, the same batches. */
const parseRuns = (partition: number, parse: AppendFrame, inputs: ReadonlyArray<Delivery>): ReadonlyArray<LogBatch> => {
  const batches: Array<LogBatch> = []
  let batch = LogBatch.make({ partition })
  for (const delivery of inputs) {
    if (batch.byteLength > 0 && batch.byteLength + delivery.data.length > maxTextBytes) {
      batches.push(batch)
      batch = LogBatch.make({ partition })
    }
    parse(batch, delivery)
  }
  batches.push(batch)
  return batches
}
