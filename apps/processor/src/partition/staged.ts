// Staged placement: a durable hop between all stages of a partition, each of which may run in a process of its own.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { type StagedStage, stageSubject } from "@tailrace/domain/subjects"
import type { BatchStage } from "@tailrace/pipeline/stage"
import type { Running } from "@tailrace/streams/actor"
import { Broker } from "@tailrace/streams/broker"
import type { Consumer } from "@tailrace/streams/consumer"
import { type ConsumedStream, durableOf } from "@tailrace/streams/definitions"
import type { Delivery } from "@tailrace/streams/delivery"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { type HopState, startHop } from "@tailrace/streams/hop"
import { positionOf } from "@tailrace/streams/hop-position"
import type { HopOutput } from "@tailrace/streams/hop-writer"
import type { Mailbox } from "@tailrace/streams/mailbox"
import type { Ownership } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { type Outputs, openOutputs } from "../outputs/outputs.ts"
import type { Pipeline } from "../pipelines.ts"
import { type GuardedStages, guardStages } from "../runtime/guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { rawStreamCovers } from "../runtime/raw-stream.ts"
import type { StageCounters } from "../runtime/stage-counters.ts"
import { batchPool } from "./batch-pool.ts"
import { Batcher } from "./batcher.ts"
import { type EnrichedPart, enrichedParts } from "./enriched-parts.ts"
import { gather } from "./gather.ts"
import { packBatch, packedRows, unpackBatch } from "./stage-message.ts"
import { stagedParse } from "./staged-parse.ts"

/** The parts of one life of a partition's pipeline, in the order data flows: three hops and the outputs. */
export const stagedParts = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  runtime: PartitionRuntime,
  snapshots: SnapshotsShape,
  ownership: Ownership
): Effect.fn.Return<ReadonlyArray<PipelinePart>, PartFailure, PartServices | Scope.Scope> {
  const { counters, partition } = runtime
  const { batch } = pipeline.config
  const now = elapsedMillis(yield* Clock.Clock)
  const stages = yield* guardStages(pipeline, runtime)
  runtime.begin(stages.rules)
  const { pool, release } = batchPool(partition, batch.maxRows)
  const outputs = yield* openOutputs({ pipeline, stages, runtime, snapshots, ownership, release })
  yield* rawStreamCovers(Math.max(0, ...outputs.offsets))
  const consumer = yield* (yield* Broker).openConsumer({ ...durableOf("enriched", partition), owned: ownership.owned })
  runtime.consumer = consumer.state
  outputs.acknowledge(consumer.ackThrough)
  const hops = new Hops(partition, stages, outputs, ownership)
  const parse = stagedParse({ partition, stages, counters, maxRows: batch.maxRows, now })
  const batcher = new Batcher(batch, outputs.offsets, outputs.repeats)
  const reader = readEnriched({ consumer, batcher, pool, outputs, hops })
  const startReader = Effect.gen(function* () {
    const done = Fiber.join(yield* Effect.forkScoped(reader))
    return { name: "read", done, drain: Effect.andThen(consumer.drain, done) } satisfies Running<PartFailure>
  })
  const stageHop = (stage: BatchStage, from: ConsumedStream, to: StagedStage) =>
    hops.part(stage.name, { from, to, transform: transformBy(stage, counters, now) })
  return [
    // What waits here comes in fewer messages, each of which costs the broker three times what it would cost once.
    hops.part("parse", { from: "raw", to: "parsed", transform: parse, lingerMillis: batch.maxLinger }),
    stageHop(stages.filter, "parsed", "filtered"),
    stageHop(stages.enrich, "filtered", "enriched"),
    { name: "read", start: startReader },
    ...outputs.parts
  ]
})

interface HopPlace {
  readonly from: ConsumedStream
  readonly to: StagedStage
  readonly transform: (inputs: ReadonlyArray<Delivery>) => Effect.Effect<ReadonlyArray<HopOutput>>
  readonly lingerMillis?: number
}

/** The hops of one life, and whether any of them has something that is not handed on. */
class Hops {
  readonly #partition: number
  readonly #stages: GuardedStages
  readonly #outputs: Outputs
  readonly #ownership: Ownership
  readonly #busy: Array<() => boolean> = []
  #made = 0

  constructor(partition: number, stages: GuardedStages, outputs: Outputs, ownership: Ownership) {
    this.#partition = partition
    this.#stages = stages
    this.#outputs = outputs
    this.#ownership = ownership
  }

  /** A hop that has not started yet counts as busy. */
  get areBusy(): boolean {
    return this.#busy.length < this.#made || this.#busy.some((busy) => busy())
  }

  part(name: "parse" | "filter" | "enrich", { from, lingerMillis = 0, to, transform }: HopPlace): PipelinePart {
    this.#made++
    const start = startHop({
      lingerMillis,
      name: `${name}-${this.#partition}`,
      input: { ...durableOf(from, this.#partition), owned: this.#ownership.owned },
      outputStream: to,
      outputSubject: stageSubject(to, this.#partition),
      transform: (inputs) =>
        Effect.flatMap(transform(inputs), (outputs) => {
          const refused = this.#stages.takeRefused(Number.POSITIVE_INFINITY, name)
          return Effect.as(this.#outputs.setAside(refused), outputs)
        })
    })
    return { name, start: Effect.tap(start, ({ state }) => Effect.sync(() => this.#busy.push(whetherBusy(state)))) }
  }
}

/** How a hop makes messages of batches out of those of the stage before: one of each. */
const transformBy = (stage: BatchStage, counters: StageCounters, now: () => number): HopPlace["transform"] => {
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
  return (inputs) => Effect.sync(() => inputs.filter(ofStage).map(({ data }) => ({ payload: transform(data) })))
}

interface Reading {
  readonly consumer: Consumer
  readonly batcher: Batcher
  readonly pool: Mailbox<LogBatch>
  readonly outputs: Outputs
  readonly hops: Hops
}

/** Gathers what comes out of the last hop into batches for the outputs. */
const readEnriched = ({ batcher, consumer, hops, outputs, pool }: Reading) => {
  let acknowledge = 0
  let messages = 0
  return gather({
    take: Effect.map(consumer.takeAll, (taken) =>
      enrichedParts(taken.filter(ofStage), (first, last) => batcher.cutsWithin(first, last))
    ),
    more: () => {
      const { mailbox, pending } = consumer.state()
      return mailbox > 0 || pending > 0 || hops.areBusy
    },
    append: (batch, part: EnrichedPart) => {
      part.batch.appendTo(batch)
      acknowledge = part.acknowledge
      messages += part.messages
      return undefined
    },
    batcher,
    pool,
    pace: outputs.pace,
    handOn: (batch) =>
      Effect.suspend(() => {
        const arrival = { batch, acknowledge, messages }
        messages = 0
        return outputs.offer(arrival)
      })
  }).pipe(Effect.andThen(Effect.sync(() => outputs.inbox.end())))
}

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
