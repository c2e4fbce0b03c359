// OwnPaceReader: the part that brings what is stored to one further sink, as fast as that takes it, and delays nobody.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import type { Running } from "@tailrace/streams/actor"
import { growingPauses } from "@tailrace/streams/backoff"
import { Broker } from "@tailrace/streams/broker"
import { sinkDurableOf } from "@tailrace/streams/definitions"
import type { Delivery } from "@tailrace/streams/delivery"
import type { DurableOptions } from "@tailrace/streams/durable"
import { positionOf } from "@tailrace/streams/hop-position"
import type { Ownership } from "@tailrace/streams/ownership"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Deferred, Effect, Fiber } from "effect"
import { unpackBatch } from "../partition/stage-message.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import type { Breaker } from "./breaker.ts"
import { openBreaker } from "./open-breaker.ts"
import type { OwnPaceSink, Place } from "./own-pace-sink.ts"
import { untilTaken } from "./until-taken.ts"

/** Bytes of messages that wait here; the rest waits in the stream. */
const waitingBytes = 8 * 1024 * 1024

const patience = growingPauses("200 millis", "10 seconds")

/**
 * A part that never ends by a failure of its own, which would restart the partition's other outputs with it: it says what is
 * wrong and begins again. Being asked to end it lets go of what is not written, which the life after reads again.
 */
export const ownPaceReader = <R>(sink: OwnPaceSink<R>, runtime: PartitionRuntime, ownership: Ownership) => {
  const name = `sink ${sink.name}`
  const start = Effect.gen(function* () {
    const health = (yield* Health).register(`sink-reader.${sink.name}.${runtime.partition}`)
    yield* Effect.addFinalizer(() => Effect.sync(health.remove))
    health.ready()
    const tell = ({ message }: { readonly message: string }) =>
      Effect.andThen(
        Effect.sync(() => health.live(message)),
        Effect.logWarning(`${name} of partition ${runtime.partition} begins again: ${message}`)
      )
    const breaker = yield* openBreaker(runtime, sink.name, sink.policy, { ownPace: true })
    const open = Effect.tap(openReader(sink, runtime.partition, ownership, breaker), () => Effect.sync(health.ready))
    const attempt = Effect.scoped(Effect.flatMap(open, (reader) => reader.run))
    const fibre = yield* Effect.forkScoped(Effect.retry(Effect.tapError(attempt, tell), patience))
    const ended = yield* Deferred.make<void>()
    return {
      name,
      done: Deferred.await(ended),
      drain: Effect.andThen(Fiber.interrupt(fibre), Deferred.succeed(ended, undefined))
    } satisfies Running<never>
  })
  return { name, start }
}

const openReader = Effect.fnUntraced(function* <R>(
  sink: OwnPaceSink<R>,
  partition: number,
  ownership: Ownership,
  breaker: Breaker
) {
  const labels = { partition: String(partition), sink: sink.name }
  const lag = (yield* Metrics).gauge("tailrace_sink_lag_messages", "Messages a sink has not written yet", [
    "partition",
    "sink"
  ])
  const open = yield* untilTaken(sink.open(partition), breaker)
  const consumer = yield* openStored(sinkDurableOf(sink.name, partition), ownership)
  let memory: LogBatch | undefined
  const bring = Effect.fnUntraced(function* (delivery: Delivery) {
    const batch = yield* batchOf(delivery, partition, memory)
    memory = batch ?? memory
    const through = batch === undefined ? undefined : selectNew(batch, open.held())
    if (batch !== undefined && through !== undefined) {
      yield* ownership.confirm
      yield* untilTaken(open.write(batch, through), breaker)
    }
    yield* consumer.ackThrough(delivery.sequence)
  })
  const run = Effect.gen(function* () {
    for (;;) {
      const deliveries = yield* consumer.takeAll
      for (const [index, delivery] of deliveries.entries()) {
        lag.set(labels, consumer.state().pending + deliveries.length - index)
        yield* bring(delivery)
      }
      lag.set(labels, consumer.state().pending)
    }
  })
  return { run }
})

/** A stream that lost its end, or was made anew, is read from its beginning: what the sink holds is known. */
const openStored = Effect.fnUntraced(function* (durable: DurableOptions, { owned }: Ownership) {
  const { openConsumer } = yield* Broker
  const options = { ...durable, owned, capacityBytes: waitingBytes }
  return yield* Effect.catchIf(
    openConsumer(options),
    ({ reason }) => reason === "ahead",
    ({ message }) =>
      Effect.andThen(
        Effect.logWarning(`stream stored is read from its beginning: ${message}`),
        openConsumer({ ...options, startSequence: 1, replay: true })
      )
  )
})

/** The batch of a message; undefined for one that the relay did not write, which is passed over. */
const batchOf = (delivery: Delivery, partition: number, into: LogBatch | undefined) =>
  Effect.suspend(() => {
    const foreign = (why: string) =>
      Effect.as(
        Effect.logWarning(
          `message ${delivery.sequence} of stream stored is passed over, somebody else wrote it: ${why}`
        ),
        undefined
      )
    if (positionOf(delivery.headers) === undefined) return foreign("it carries no position")
    try {
      const batch = decodeBatch(unpackBatch(delivery.data), into)
      return batch.partition === partition ? Effect.succeed(batch) : foreign(`it is of partition ${batch.partition}`)
    } catch (cause) {
      return foreign(String(cause))
    }
  })

/** Leaves the rows selected that come behind a place; answers the last of them, undefined when there is none. */
const selectNew = (batch: LogBatch, held: Place | undefined): Place | undefined => {
  let through: Place | undefined
  batch.keptCount = 0
  for (let index = 0; index < batch.length; index++) {
    const sequence = batch.sequence[index] as number
    const row = batch.row[index] as number
    const isNew = held === undefined || sequence > held.sequence || (sequence === held.sequence && row > held.row)
    batch.selected[index] = isNew ? 1 : 0
    if (!isNew) continue
    batch.keptCount++
    through = { sequence, row }
  }
  return through
}
