// Staged placement: a durable hop between all stages of a partition, each of which may run in a process of its own.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { type StagedStage, stageSubject } from "@tailrace/domain/subjects"
import type { BatchStage } from "@tailrace/pipeline/stage"
import type { Running } from "@tailrace/streams/actor"
import { Broker } from "@tailrace/streams/broker"
import { type ConsumedStream, durableOf } from "@tailrace/streams/definitions"
import type { Delivery } from "@tailrace/streams/delivery"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { type HopOutput, type HopState, startHop } from "@tailrace/streams/hop"
import { positionOf } from "@tailrace/streams/hop-position"
import type { Ownership } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { openTail } from "../outputs/outputs.ts"
import type { Pipeline } from "../pipelines.ts"
import { guardStages } from "../runtime/guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { rawStreamCovers } from "../runtime/raw-stream.ts"
import { batchPool } from "./batch-pool.ts"
import { Batcher } from "./batcher.ts"
import { type EnrichedPart, enrichedParts } from "./enriched-parts.ts"
import { gather } from "./gather.ts"
import { packBatch, packedRows, unpackBatch } from "./stage-message.ts"
import { stagedParse } from "./staged-parse.ts"

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
  const { pool, release } = batchPool(partition, pipeline.config.batch.maxRows)
  const tail = yield* openTail({ pipeline, stages, runtime, snapshots, ownership, release })
  yield* rawStreamCovers(Math.max(0, ...tail.offsets))
  const consumer = yield* (yield* Broker).openConsumer({ ...durableOf("enriched", partition), owned: ownership.owned })
  runtime.consumer = consumer.state
  tail.acknowledge(consumer.ackThrough)

  const busyHops: Array<() => boolean> = []
  const hop = (
    name: "parse" | "filter" | "enrich",
    from: ConsumedStream,
    to: StagedStage,
    transform: (inputs: ReadonlyArray<Delivery>) => Effect.Effect<ReadonlyArray<HopOutput>>,
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
        Effect.flatMap(transform(inputs), (outputs) => {
          const refused = stages.takeRefused(Number.POSITIVE_INFINITY, name)
          return Effect.as(tail.setAside(refused), outputs)
        })
    }).pipe(Effect.tap(({ state }) => Effect.sync(() => busyHops.push(whetherBusy(state)))))
  })
  const stageHop = (stage: BatchStage, from: ConsumedStream, to: StagedStage) => {
    let batch: LogBatch | undefined
    const passed = (data: Uint8Array) => {
      const rows = packedRows(data)
      counters.note(stage.name, rows, { keptCount: rows }, 0)
      return data
    }
    const applied = (data: Uint8Array) => {
      const started = now()
      batch = decodeBatch(unpackBatch(data), batch)
      const before = batch.keptCount
      stage.apply(batch)
      const payload = packBatch(batch)
      counters.note(stage.name, before, batch, now() - started)
      return payload
    }
    const transform = stage.idle === true ? passed : applied
    return hop(stage.name, from, to, (inputs) =>
      Effect.sync(() => inputs.filter(ofStage).map(({ data }) => ({ payload: transform(data) })))
    )
  }
  const parseFrames = stagedParse({ partition, stages, counters, maxRows: pipeline.config.batch.maxRows, now })

  const batcher = new Batcher(pipeline.config.batch, tail.offsets, tail.repeats)
  let acknowledge = 0
  let messages = 0
  const reader = gather({
    take: Effect.map(consumer.takeAll, (taken) =>
      enrichedParts(taken.filter(ofStage), (first, last) => batcher.cutsWithin(first, last))
    ),
    more: () => {
      const { mailbox, pending } = consumer.state()
      return mailbox > 0 || pending > 0 || busyHops.length < hops || busyHops.some((busy) => busy())
    },
    append: (batch, part: EnrichedPart) => {
      part.batch.appendTo(batch)
      acknowledge = part.acknowledge
      messages += part.messages
      return undefined
    },
    batcher,
    pool,
    pace: tail.pace,
    handOn: (batch) =>
      Effect.suspend(() => {
        const arrival = { batch, acknowledge, messages }
        messages = 0
        return tail.offer(arrival)
      })
  }).pipe(Effect.andThen(Effect.sync(() => tail.inbox.end())))
  const startReader = Effect.gen(function* () {
    const done = Fiber.join(yield* Effect.forkScoped(reader))
    return { name: "read", done, drain: Effect.andThen(consumer.drain, done) } satisfies Running<PartFailure>
  })
  return [
    // What waits here comes in fewer messages, each of which costs the broker three times what it would cost once.
    hop("parse", "raw", "parsed", parseFrames, pipeline.config.batch.maxLinger),
    stageHop(stages.filter, "parsed", "filtered"),
    stageHop(stages.enrich, "filtered", "enriched"),
    { name: "read", start: startReader },
    ...tail.parts
  ]
})

const hops = 3

/** Whether a message between stages is one: what somebody else wrote carries no position, and no hop's output is missing for it. */
const ofStage = ({ headers }: Delivery): boolean => positionOf(headers) !== undefined

/** Whether a hop has inputs before it that it has not handed on. */
const whetherBusy = (state: () => HopState) => {
  const start = state().consumer.delivered
  return () => {
    const { consumer, covered } = state()
    return consumer.mailbox > 0 || consumer.pending > 0 || consumer.delivered > Math.max(start, covered)
  }
}
