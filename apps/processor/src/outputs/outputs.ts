// Tail: the end of every pipeline, in both placements: windows and detectors, sinks, snapshots, and what is acknowledged.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { awaitRunningLetters } from "@tailrace/store/recover/running-inserts"
import type { StoreError } from "@tailrace/store/store-error"
import { Tables } from "@tailrace/store/tables"
import { type Running, startActor } from "@tailrace/streams/actor"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Mailbox } from "@tailrace/streams/mailbox"
import type { Ownership } from "@tailrace/streams/ownership"
import { Settlement } from "@tailrace/streams/settlement"
import type { SnapshotError, SnapshotsShape } from "@tailrace/streams/snapshots"
import { Clock, Deferred, Effect, Fiber, type Scope } from "effect"
import type { WritePace } from "../partition/batcher.ts"
import type { Pipeline } from "../pipelines.ts"
import { type GuardedStages, StageError } from "../runtime/guarded-stages.ts"
import type { PartFailure, PartServices, PipelinePart } from "../runtime/part.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { Checkpoint } from "./checkpoint.ts"
import { openDeadLetterOffice, type Refused } from "./dead-letter-office.ts"
import { deduplicateWith } from "./known-keys.ts"
import { KnownLetters } from "./known-letters.ts"
import { openBreaker } from "./open-breaker.ts"
import type { OpenSink, Sink, SlowOutput } from "./sink.ts"
import { untilStored } from "./until-stored.ts"

/** How often windows are told the time, and a snapshot that is due may be taken. */
const beatMillis = 250
/** How long what a slow output gathers may wait, in milliseconds. */
const slowMillis = 1_000
/**
 * Messages taken and not acknowledged after which a snapshot and a write of the slow outputs are due early; the broker
 * stops delivering at 16,384.
 */
const manyMessages = 4_096

/** A batch on its way, with what has to be acknowledged for it. */
export interface Arrival {
  readonly batch: LogBatch
  /** Sequence, in the stream the batch was taken from, of its last message. */
  readonly acknowledge: number
  readonly messages: number
}

export interface TailOptions {
  readonly pipeline: Pipeline
  readonly stages: GuardedStages
  readonly runtime: PartitionRuntime
  readonly snapshots: SnapshotsShape
  readonly ownership: Ownership
  /** Takes back a batch that every sink holds, for reuse. */
  readonly release: (batch: LogBatch) => Effect.Effect<void>
}

export interface Tail {
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
  readonly setAside: (refused: ReadonlyArray<Refused>) => Effect.Effect<void, StoreError>
  readonly parts: ReadonlyArray<PipelinePart>
}

/** Opens sinks and snapshot, so that the offsets are known before the first message is asked for. */
export const openTail = Effect.fnUntraced(function* (
  options: TailOptions
): Effect.fn.Return<Tail, StoreError | OwnershipError | SnapshotError, PartServices | Scope.Scope> {
  const { ownership, pipeline, release, runtime, snapshots, stages } = options
  const { counters, partition } = runtime
  const { watch } = stages
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const elapsed = elapsedMillis(clock)
  const letters = yield* openBreaker(runtime, "dead-letters")
  const office = yield* openDeadLetterOffice({
    partition,
    pipelineVersion: pipeline.version,
    messages: stages.messages,
    breaker: letters
  })
  const setAside = (refused: ReadonlyArray<Refused>) => (refused.length === 0 ? Effect.void : office.take(refused))
  const open = (sink: Sink) =>
    Effect.flatMap(openBreaker(runtime, sink.name, sink.policy), (breaker) =>
      sink.open({ partition, breaker, office, ownership })
    )
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
  const findings = yield* openBreaker(runtime, "findings")
  const checkpoint = new Checkpoint({
    pipeline: pipeline.config.name,
    partition,
    watch,
    snapshots,
    level: runtime.level,
    end: runtime.end,
    now,
    untilStored: (write) => untilStored(write, findings)
  })
  if (watch.active) yield* checkpoint.open
  const deduplicate = yield* deduplicateWith(stages.deduplicate, partition, letters)
  const slow = sinks.flatMap((sink) => (sink.slow === undefined ? [] : [sink.slow]))
  const held = (offset: number) => Math.max(offset, runtime.level)
  const sinkOffsets = sinks.flatMap(({ offsets }) => offsets.map(held))
  const slowOffsets = slow.map(({ offset }) => held(offset))
  const snapshotOffsets = watch.active ? [held(checkpoint.offset)] : []
  const settlement = new Settlement({
    sinks: sinkOffsets.length === 0 ? runtime.level : Math.min(...sinkOffsets),
    ...Object.fromEntries(slowOffsets.map((offset, i) => [`slow ${i}`, offset])),
    ...Object.fromEntries(snapshotOffsets.map((offset) => ["snapshot", offset]))
  })
  runtime.committed = settlement.settled
  const repeats = sinks.flatMap((sink) => sink.repeats)
  runtime.owed = Math.max(0, ...repeats.map(({ last }) => last))
  const knownLetters = Effect.andThen(
    awaitRunningLetters(partition),
    Tables.use((tables) => tables.lettersAfter(partition, settlement.settled))
  )
  const settledLetters = yield* untilStored(knownLetters, letters)
  const known = new KnownLetters(settledLetters.filter(({ stage }) => stage !== "sink"))
  // What a sink was refused had passed the deduplication before, and repetitions of it were left out.
  const refused = new KnownLetters(settledLetters.filter(({ stage }) => stage === "sink"))
  const storedThrough = sinkOffsets.length === 0 ? 0 : Math.min(...sinkOffsets)
  let hasRefused = settledLetters.some(({ stage }) => stage === "sink")
  let observed = held(checkpoint.offset)
  /** Windows that failed over a batch may hold half of it; while an insert keeps the life from ending they must not be saved. */
  let spoiled = false
  let ahead = 0
  let endedAt = 0
  let tookMillis = 0
  let acknowledge: (sequence: number) => Effect.Effect<void> = () => Effect.void
  const advance = (output: string, sequence: number) =>
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
    const started = elapsed()
    known.apply(batch)
    const before = batch.keptCount
    // Behind what is stored, keys are those of stored rows alone: what was refused may come again, edited or not.
    if (hasRefused && batch.firstSequence > storedThrough) {
      hasRefused = false
      stages.deduplicate?.forget()
    }
    yield* deduplicate(batch)
    refused.apply(batch)
    if (watch.active && batch.lastSequence > observed) {
      spoiled = true
      watch.observe(batch, now())
      spoiled = false
      observed = batch.lastSequence
    }
    counters.note("watch", before, batch, elapsed() - started)
    yield* toSinks.offer(arrival, batch.byteLength)
  })
  const receiveSink = Effect.fnUntraced(function* ({ batch }: Arrival) {
    const started = elapsed()
    yield* setAside(stages.takeRefused(batch.lastSequence))
    const before = batch.keptCount
    for (const sink of sinks) yield* sink.write(batch)
    endedAt = elapsed()
    tookMillis = endedAt - started
    counters.note("sink", before, batch, tookMillis)
    ahead--
    yield* advance("sinks", batch.lastSequence)
    // Known are keys of what is stored, and these records are not: only a new life can read them again.
    if (batch.keptCount < before && stages.deduplicate !== undefined) {
      const message = `${before - batch.keptCount} records became dead letters, reading the keys of stored ones anew`
      return yield* new StageError({ reason: "keys", message })
    }
    yield* release(batch)
  })

  const save = Effect.suspend(() => {
    const sequence = observed
    return Effect.andThen(checkpoint.save(sequence), advance("snapshot", sequence))
  })
  /** A part that does something from time to time, and once more at the end. */
  const periodic = (name: string, turn: (last: boolean) => Effect.Effect<void, PartFailure, PartServices>) => {
    const start = Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const loop = Effect.gen(function* () {
        for (let last = false; !last; ) {
          last = (yield* Effect.timeoutOption(Deferred.await(asked), beatMillis))._tag === "Some"
          yield* turn(last)
        }
      })
      const done = Fiber.join(yield* Effect.forkScoped(loop))
      return {
        name,
        done,
        drain: Effect.andThen(Deferred.succeed(asked, undefined), done)
      } satisfies Running<PartFailure>
    })
    return { name, start }
  }
  let savedAt = elapsed()
  const snapshotTurn = (last: boolean) =>
    Effect.suspend(() => {
      if (!watch.active || spoiled) return Effect.void
      watch.tick(now())
      const early = watch.hasFindings() || runtime.inFlight.messages >= manyMessages
      const due = early || last || elapsed() - savedAt >= pipeline.config.snapshotEvery
      if (!due || !checkpoint.isDue(observed)) return Effect.void
      return Effect.andThen(
        save,
        Effect.sync(() => {
          savedAt = elapsed()
        })
      )
    })
  let flushedAt = elapsed()
  const slowTurn = (last: boolean) =>
    Effect.suspend(() => {
      if (!last && runtime.inFlight.messages < manyMessages && elapsed() - flushedAt < slowMillis) return Effect.void
      flushedAt = elapsed()
      return Effect.forEach(slow, flushSlow, { discard: true })
    })
  const flushSlow = ({ flush }: SlowOutput, i: number) =>
    Effect.flatMap(flush, (sequence) => (sequence === undefined ? Effect.void : advance(`slow ${i}`, sequence)))

  return {
    offsets: [...sinkOffsets, ...slowOffsets, ...snapshotOffsets],
    repeats,
    inbox,
    pace: () => ({ ahead, endedAt, tookMillis }),
    offer: (arrival) =>
      Effect.suspend(() => {
        ahead++
        const { batch, acknowledge, messages } = arrival
        const receivedMillis = batch.frames[0]?.receivedMillis ?? now()
        runtime.inFlight.taken({ last: batch.lastSequence, acknowledge, messages, receivedMillis })
        return Effect.asVoid(inbox.offer(arrival, batch.byteLength))
      }),
    setAside,
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
      periodic("slow outputs", slowTurn),
      periodic("snapshot", snapshotTurn)
    ]
  }
})
