// Tail: the end of every pipeline, in both placements: windows and detectors, sinks, snapshots, and what is acknowledged.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import { type Running, startActor } from "@tailrace/streams/actor"
import { Mailbox } from "@tailrace/streams/mailbox"
import type { Nats } from "@tailrace/streams/nats"
import type { Publisher } from "@tailrace/streams/publisher"
import { Settlement } from "@tailrace/streams/settlement"
import type { SnapshotError, SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Deferred, Effect, Fiber, type Scope } from "effect"
import { Checkpoint } from "./checkpoint.ts"
import type { PartFailure, PipelinePart } from "./part.ts"
import type { PartitionRuntime } from "./partition-state.ts"
import type { Pipeline } from "./pipeline.ts"
import type { OpenSink, Sink } from "./sink.ts"
import type { PartitionStages } from "./stage.ts"
import { untilStored } from "./until-stored.ts"

/** How often windows are told the time, and a snapshot that is due may be taken. */
const beatMillis = 250
/** Messages taken and not acknowledged after which a snapshot is due early; the broker stops delivering at 1,024. */
const manyMessages = 384

/** A batch on its way, with what has to be acknowledged for it. */
export interface Arrival {
  readonly batch: LogBatch
  /** Sequence, in the stream the batch was taken from, of its last message. */
  readonly acknowledge: number
  readonly messages: number
}

export interface TailOptions {
  readonly pipeline: Pipeline
  readonly stages: PartitionStages
  readonly runtime: PartitionRuntime
  readonly snapshots: SnapshotsShape
  /** Takes back a batch that every sink holds, for reuse. */
  readonly release: (batch: LogBatch) => Effect.Effect<void>
}

export interface Tail {
  /** Offsets of all outputs, in raw sequences: no batch may reach across one. */
  readonly offsets: ReadonlyArray<number>
  readonly inbox: Mailbox<Arrival>
  /** Batches offered and not yet stored. */
  readonly ahead: () => number
  /** Offers a batch; waits while two are on their way. */
  readonly offer: (arrival: Arrival) => Effect.Effect<void>
  /** Must be set before the first batch is offered. */
  readonly acknowledge: (through: (sequence: number) => Effect.Effect<void>) => void
  readonly parts: ReadonlyArray<PipelinePart>
}

/** Opens sinks and snapshot, so that the offsets are known before the first message is asked for. */
export const openTail = Effect.fnUntraced(function* (
  options: TailOptions
): Effect.fn.Return<Tail, StoreError | SnapshotError, Store | Nats | Publisher | Scope.Scope> {
  const { pipeline, release, runtime, snapshots, stages } = options
  const { counters, partition } = runtime
  const { watch } = stages
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const holding = (reason: string | undefined) => {
    runtime.holding = reason
  }
  const open = (sink: Sink) => sink.open({ partition, holding })
  const sinks: ReadonlyArray<OpenSink> = [
    ...(yield* Effect.forEach(
      pipeline.sinks.filter(({ durable }) => durable),
      open
    )),
    ...(yield* Effect.forEach(
      pipeline.sinks.filter(({ durable }) => !durable),
      open
    ))
  ]
  const checkpoint = new Checkpoint({
    pipeline: pipeline.config.name,
    partition,
    watch,
    snapshots,
    now,
    untilStored: (write) => untilStored(write, holding)
  })
  if (watch.active) yield* checkpoint.open
  const sinkOffsets = sinks.flatMap(({ offsets }) => offsets)
  const settlement = new Settlement({
    sinks: sinkOffsets.length === 0 ? 0 : Math.min(...sinkOffsets),
    ...(watch.active ? { snapshot: checkpoint.offset } : {})
  })
  runtime.committed = settlement.settled
  let observed = checkpoint.offset
  let ahead = 0
  let acknowledge: (sequence: number) => Effect.Effect<void> = () => Effect.void
  const advance = (output: "sinks" | "snapshot", sequence: number) =>
    Effect.suspend(() => {
      const settled = settlement.advance(output, sequence)
      if (settled === undefined) return Effect.void
      runtime.committed = settled
      const through = runtime.inFlight.settle(settled)
      return through === undefined ? Effect.void : acknowledge(through)
    })

  const inbox = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  const toSinks = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  counters.waiting.set("watch", () => inbox.count)
  counters.waiting.set("sink", () => toSinks.count)

  const receiveWatch = Effect.fnUntraced(function* (arrival: Arrival) {
    const { batch } = arrival
    const started = now()
    if (watch.active && batch.lastSequence > observed) {
      watch.observe(batch, started)
      observed = batch.lastSequence
    }
    counters.note("watch", batch.keptCount, batch, now() - started)
    yield* toSinks.offer(arrival, batch.byteLength)
  })
  const receiveSink = Effect.fnUntraced(function* ({ batch }: Arrival) {
    const started = now()
    for (const sink of sinks) yield* sink.write(batch)
    counters.note("sink", batch.keptCount, batch, now() - started)
    ahead--
    yield* advance("sinks", batch.lastSequence)
    yield* release(batch)
  })

  const save = Effect.suspend(() => {
    const sequence = observed
    return Effect.andThen(checkpoint.save(sequence), advance("snapshot", sequence))
  })
  const startSnapshots = Effect.gen(function* () {
    const asked = yield* Deferred.make<void>()
    const loop = Effect.gen(function* () {
      let savedAt = now()
      for (;;) {
        const drain = yield* Effect.timeoutOption(Deferred.await(asked), beatMillis)
        watch.tick(now())
        const early = watch.hasFindings() || runtime.inFlight.messages >= manyMessages
        const due = early || drain._tag === "Some" || now() - savedAt >= pipeline.config.snapshotEvery
        if (due && checkpoint.isDue(observed)) {
          yield* save
          savedAt = now()
        }
        if (drain._tag === "Some") break
      }
    })
    const fibre = yield* Effect.forkScoped(watch.active ? loop : Deferred.await(asked))
    const done = Fiber.join(fibre)
    const drain = Effect.andThen(Deferred.succeed(asked, undefined), done)
    return { name: "snapshot", done, drain } satisfies Running<PartFailure>
  })

  return {
    offsets: watch.active ? [...sinkOffsets, checkpoint.offset] : sinkOffsets,
    inbox,
    ahead: () => ahead,
    offer: (arrival) =>
      Effect.suspend(() => {
        ahead++
        const { batch, acknowledge, messages } = arrival
        const receivedMillis = batch.frames[0]?.receivedMillis ?? now()
        runtime.inFlight.taken({ last: batch.lastSequence, acknowledge, messages, receivedMillis })
        return Effect.asVoid(inbox.offer(arrival, batch.byteLength))
      }),
    acknowledge: (through) => {
      acknowledge = through
    },
    parts: [
      {
        name: "watch",
        start: startActor({
          name: "watch",
          mailbox: inbox,
          receive: receiveWatch,
          finish: Effect.sync(() => toSinks.end())
        })
      },
      { name: "sink", start: startActor({ name: "sink", mailbox: toSinks, receive: receiveSink }) },
      { name: "snapshot", start: startSnapshots }
    ]
  }
})
