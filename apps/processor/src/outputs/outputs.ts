// Outputs: the end of every pipeline, in both placements: windows and detectors, sinks, snapshots, and what is acknowledged.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { startActor } from "@tailrace/streams/actor"
import { Broker } from "@tailrace/streams/broker"
import type { HopError } from "@tailrace/streams/hop-writer"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Mailbox } from "@tailrace/streams/mailbox"
import { Nats } from "@tailrace/streams/nats"
import type { Ownership } from "@tailrace/streams/ownership"
import type { SnapshotError, SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Effect, type Scope } from "effect"
import type { WritePace } from "../partition/batcher.ts"
import type { Pipeline, SinkServices } from "../pipelines.ts"
import type { GuardedStages } from "../runtime/guarded-stages.ts"
import type { PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { endFor, type RawStreamError } from "../runtime/raw-stream.ts"
import type { Arrival } from "./arrival.ts"
import { Checkpoint } from "./checkpoint.ts"
import { type DeadLetterOffice, openDeadLetterOffice, type Refused } from "./dead-letter-office.ts"
import { deduplicateWith } from "./known-keys.ts"
import { readSettledLetters } from "./known-letters.ts"
import { openBreaker } from "./open-breaker.ts"
import { ownPaceReader } from "./own-pace-reader.ts"
import type { OwnPaceSink } from "./own-pace-sink.ts"
import { periodic } from "./periodic.ts"
import { Progress } from "./progress.ts"
import { openRelay, type Relay } from "./relay.ts"
import type { OpenSink } from "./sink.ts"
import type { SinkError } from "./sink-error.ts"
import { slowOutputName, slowOutputs } from "./slow-outputs.ts"
import { untilStored } from "./until-stored.ts"
import { WatchActor } from "./watch-actor.ts"
import { WriteActor } from "./write-actor.ts"

export interface OutputsOptions {
  readonly pipeline: Pipeline
  readonly stages: GuardedStages
  readonly runtime: PartitionRuntime
  readonly snapshots: SnapshotsShape
  readonly ownership: Ownership
  /** Takes back a batch that every sink holds, for reuse. */
  readonly release: (batch: LogBatch) => Effect.Effect<void>
}

export interface Outputs {
  /** Offsets of all outputs, in raw sequences: no batch may reach across one. */
  readonly offsets: ReadonlyArray<number>
  /** Batches that have to be formed just so; see OpenSink. */
  readonly repeats: OpenSink["repeats"]
  readonly inbox: Mailbox<Arrival>
  /** Batches offered and not yet stored, and the last write. */
  readonly pace: () => WritePace
  /** Offers a batch; waits while two are on their way. */
  readonly offer: (arrival: Arrival) => Effect.Effect<void>
  /** Must be set before the first batch is offered. */
  readonly acknowledge: (through: (sequence: number) => Effect.Effect<void>) => void
  /** Stores records as dead letters, before what they were taken from goes on. */
  readonly setAside: (refused: ReadonlyArray<Refused>) => Effect.Effect<void, SinkError>
  readonly parts: ReadonlyArray<PipelinePart>
}

/** Opens sinks and snapshot, so that the offsets are known before the first message is asked for. */
export const openOutputs = Effect.fnUntraced(function* (
  options: OutputsOptions
): Effect.fn.Return<
  Outputs,
  SinkError | OwnershipError | SnapshotError | HopError | RawStreamError,
  PartServices | Scope.Scope
> {
  const { ownership, pipeline, release, runtime, stages } = options
  const { partition } = runtime
  const clock = yield* Clock.Clock
  const letters = yield* openBreaker(runtime, "dead-letters")
  const { messages } = stages
  const office = yield* openDeadLetterOffice({
    partition,
    pipelineVersion: pipeline.version,
    messages,
    breaker: letters
  })
  const setAside = (refused: ReadonlyArray<Refused>) => (refused.length === 0 ? Effect.void : office.take(refused))
  const { atOwnPace, inOrder } = sortSinks(pipeline.sinks)
  const sinks = yield* openSinks(inOrder, runtime, office, ownership)
  yield* forgetOtherSinks(partition, atOwnPace)
  const relay = atOwnPace.length === 0 ? undefined : yield* openRelay(partition)
  const checkpoint = yield* openCheckpoint(options, clock)
  const deduplicate = yield* deduplicateWith(stages.deduplicate, partition, letters)
  const slow = sinks.flatMap((sink) => (sink.slow === undefined ? [] : [sink.slow]))
  const { offsets, progress, storedThrough } = progressOf(options, sinks, checkpoint, relay)
  const repeats = sinks.flatMap((sink) => sink.repeats)
  runtime.owed = Math.max(0, ...repeats.map(({ last }) => last))
  const inbox = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  const toSinks = new Mailbox<Arrival>({ capacityBytes: Number.POSITIVE_INFINITY, capacityCount: 1 })
  runtime.counters.waiting.set("watch", () => inbox.count)
  runtime.counters.waiting.set("sink", () => toSinks.count)
  const watch = new WatchActor({
    clock,
    stages,
    runtime,
    checkpoint,
    snapshotEvery: pipeline.config.snapshotEvery,
    letters: yield* readSettledLetters(partition, progress.settled, letters),
    deduplicate,
    storedThrough,
    progress,
    next: toSinks
  })
  const write = new WriteActor({ clock, sinks, relay, stages, runtime, progress, setAside, release })
  return {
    offsets,
    repeats,
    inbox,
    pace: () => write.pace,
    offer: (arrival) =>
      Effect.suspend(() => {
        write.awaitOne()
        const { acknowledge, batch, messages } = arrival
        const receivedMillis = batch.frames[0]?.receivedMillis ?? clock.currentTimeMillisUnsafe()
        runtime.inFlight.taken({ last: batch.lastSequence, acknowledge, messages, receivedMillis })
        return Effect.asVoid(inbox.offer(arrival, batch.byteLength))
      }),
    setAside,
    acknowledge: (through) => {
      progress.acknowledge = through
    },
    parts: [
      actor(
        "watch",
        inbox,
        (arrival) => watch.receive(arrival),
        () => toSinks.end()
      ),
      actor("sink", toSinks, (arrival) => write.receive(arrival)),
      yield* slowOutputs(slow, runtime, progress),
      periodic("snapshot", (last) => watch.snapshotTurn(last)),
      ...atOwnPace.map((sink) => ownPaceReader(sink, runtime, ownership))
    ]
  }
})

type Chained = Exclude<Pipeline["sinks"][number], OwnPaceSink<SinkServices>>

/** Those that are written batch by batch, first the ones that keep what is written; and those that read for themselves. */
const sortSinks = (sinks: Pipeline["sinks"]) => {
  const atOwnPace = sinks.filter((sink) => "ownPace" in sink)
  const chained = sinks.filter((sink): sink is Chained => !("ownPace" in sink))
  return {
    atOwnPace,
    inOrder: [...chained.filter(({ durable }) => durable), ...chained.filter(({ durable }) => !durable)]
  }
}

const openSinks = (
  sinks: ReadonlyArray<Chained>,
  runtime: PartitionRuntime,
  office: DeadLetterOffice,
  ownership: Ownership
) => {
  const { partition } = runtime
  return Effect.forEach(sinks, (sink) =>
    Effect.flatMap(openBreaker(runtime, sink.name, sink.policy), (breaker) =>
      sink.open({ partition, breaker, office, ownership })
    )
  )
}

/** What waits for a sink that the pipeline has no longer would fill the stream. */
const forgetOtherSinks = Effect.fnUntraced(function* (partition: number, sinks: ReadonlyArray<{ name: string }>) {
  const { forgetSinks } = yield* Broker
  const names = sinks.map(({ name }) => name)
  yield* Effect.forkScoped(Effect.catch(forgetSinks(partition, names), (message) => Effect.logDebug(message)))
})

const openCheckpoint = Effect.fnUntraced(function* (options: OutputsOptions, clock: Clock.Clock) {
  const { pipeline, runtime, snapshots, stages } = options
  const nats = yield* Nats
  const findings = yield* openBreaker(runtime, "findings")
  const checkpoint = new Checkpoint({
    pipeline: pipeline.config.name,
    partition: runtime.partition,
    watch: stages.watch,
    snapshots,
    level: runtime.level,
    endFor: (offset) => Effect.provideService(endFor(runtime, offset), Nats, nats),
    now: () => clock.currentTimeMillisUnsafe(),
    untilStored: (write) => untilStored(write, findings)
  })
  if (stages.watch.active) yield* checkpoint.open
  return checkpoint
})

/** What each output holds at the start of a life, and the last sequence that all sinks hold. */
const progressOf = (
  { runtime, stages }: OutputsOptions,
  sinks: ReadonlyArray<OpenSink>,
  checkpoint: Checkpoint,
  relay: Relay | undefined
) => {
  const held = (offset: number) => Math.max(offset, runtime.level)
  const sinkOffsets = sinks.flatMap(({ offsets }) => offsets.map(held))
  const slowOffsets = sinks.flatMap(({ slow }) => (slow === undefined ? [] : [held(slow.offset)]))
  const snapshotOffsets = stages.watch.active ? [held(checkpoint.offset)] : []
  const relayOffsets = relay === undefined ? [] : [held(relay.offset)]
  const progress = new Progress(runtime, {
    sinks: sinkOffsets.length === 0 ? runtime.level : Math.min(...sinkOffsets),
    ...Object.fromEntries(slowOffsets.map((offset, index) => [slowOutputName(index), offset])),
    ...Object.fromEntries(snapshotOffsets.map((offset) => ["snapshot", offset])),
    ...Object.fromEntries(relayOffsets.map((offset) => ["relay", offset]))
  })
  const storedThrough = sinkOffsets.length === 0 ? 0 : Math.min(...sinkOffsets)
  return { offsets: [...sinkOffsets, ...slowOffsets, ...snapshotOffsets, ...relayOffsets], progress, storedThrough }
}

const actor = (
  name: string,
  mailbox: Mailbox<Arrival>,
  receive: (arrival: Arrival) => ReturnType<WatchActor["receive"]> | ReturnType<WriteActor["receive"]>,
  end: () => void = () => undefined
): PipelinePart => ({ name, start: startActor({ name, mailbox, receive, finish: Effect.sync(end) }) })
