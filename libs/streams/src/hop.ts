// Hop: an actor whose mailbox is a durable consumer and whose output is a stream; exactly once, one writer.
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Deferred, Effect, Fiber, type Scope } from "effect"
import type { Running } from "./actor.ts"
import { Broker } from "./broker.ts"
import type { Consumer, ConsumerOptions } from "./consumer.ts"
import type { Delivery } from "./delivery.ts"
import { elapsedMillis } from "./elapsed.ts"
import { type HopError, type HopOutput, openHopWriter } from "./hop-writer.ts"
import type { MailboxClosed } from "./mailbox.ts"
import type { Nats } from "./nats.ts"
import type { Publisher } from "./publisher.ts"
import { releaseMessage } from "./whole-messages.ts"

export interface HopOptions<E, R> {
  readonly name: string
  readonly input: Omit<ConsumerOptions, "startSequence" | "replay">
  readonly outputStream: string
  /** Written by this hop alone. */
  readonly outputSubject: string
  /**
   * Makes the output of a run of inputs: one message, or several parts where it would exceed the broker's payload
   * limit. The same inputs must give the same parts: after a crash between two parts the rest is made again. A part may
   * be an input's own bytes; nothing may keep those for longer.
   */
  readonly transform: (inputs: ReadonlyArray<Delivery>) => Effect.Effect<ReadonlyArray<HopOutput>, E, R>
  /** Inputs are put together up to this many bytes. Default 1 MiB. */
  readonly maxInputBytes?: number
  /** Milliseconds inputs wait for more, as long as they are fewer bytes than that. Default 0. */
  readonly lingerMillis?: number
}

export interface HopState {
  /** Highest input sequence whose output is stored. */
  readonly covered: number
  readonly inputs: number
  readonly outputs: number
  /** Why it holds its batch, such as a full output stream; "" when it does not. */
  readonly holding: string
  readonly consumer: ReturnType<Consumer["state"]>
}

export interface Hop<E> extends Running<E> {
  readonly state: () => HopState
}

interface Transformed {
  readonly inputs: ReadonlyArray<Delivery>
  readonly outputs: ReadonlyArray<HopOutput>
  /** Outputs that an earlier life has stored. */
  readonly partsDone: number
}

type HopFailure<E> = E | HopError | Effect.Error<Consumer["take"]>

/** Starts a hop for the life of the scope, from the first input its output does not cover. */
export const startHop = Effect.fnUntraced(function* <E, R>(
  options: HopOptions<E, R>
): Effect.fn.Return<Hop<HopFailure<E>>, HopFailure<E>, R | Scope.Scope | Nats | Publisher | Health | Metrics> {
  const elapsed = elapsedMillis(yield* Clock.Clock)
  const health: HealthReporter = (yield* Health).register(`hop.${options.name}`)
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))
  const counts = { inputs: 0, outputs: 0, holding: "" }
  const writer = yield* openHopWriter({
    name: options.name,
    stream: options.outputStream,
    subject: options.outputSubject,
    holding: (reason) => {
      counts.holding = reason
      if (reason === "") health.ready()
      else health.live(reason)
    }
  })
  const begun = writer.position
  const unfinished = begun.part < begun.parts
  const consumer = yield* (yield* Broker).openConsumer({
    ...options.input,
    startSequence: unfinished ? begun.first : begun.last + 1
  })
  const handOn = Effect.fnUntraced(function* ({ inputs, outputs, partsDone }: Transformed) {
    const first = (inputs[0] as Delivery).sequence
    const last = (inputs.at(-1) as Delivery).sequence
    for (let part = partsDone; part < outputs.length; part++) {
      yield* writer.publish(outputs[part] as HopOutput, { first, last, part: part + 1, parts: outputs.length })
      counts.outputs++
    }
    counts.inputs += inputs.length
    for (const { data } of inputs) releaseMessage(data)
    yield* consumer.ackThrough(last)
  })
  /** Fails when an output cannot be handed on, for the loop may be waiting for inputs then. */
  const refused = yield* Deferred.make<never, HopError>()
  /** The run before, on its way to the broker while the next is transformed. */
  let under: Fiber.Fiber<void, HopError> | undefined
  const settle = Effect.suspend(() => (under === undefined ? Effect.void : Fiber.join(under)))
  const process = Effect.fnUntraced(function* (inputs: ReadonlyArray<Delivery>, partsDone: number) {
    const outputs = yield* options.transform(inputs)
    yield* settle
    const next = { inputs, outputs, partsDone }
    under = yield* Effect.forkScoped(Effect.tapCause(handOn(next), (cause) => Deferred.failCause(refused, cause)))
  })
  const loop = Effect.gen(function* () {
    if (unfinished) {
      const inputs: Array<Delivery> = []
      while ((inputs.at(-1)?.sequence ?? 0) < begun.last) inputs.push(yield* consumer.take)
      yield* process(inputs, begun.part)
    }
    for (;;) for (const run of yield* takeRuns(options, consumer, elapsed)) yield* process(run, 0)
  })
  health.ready()
  const drained = (error: HopFailure<E>): error is MailboxClosed & HopFailure<E> =>
    (error as { readonly _tag?: string } | undefined)?._tag === "MailboxClosed"
  const drainedLoop = loop.pipe(Effect.catchIf(drained, () => Effect.suspend(() => settle)))
  const fibre = yield* Effect.forkScoped(drainedLoop)
  const done = Effect.raceFirst(Fiber.join(fibre), Deferred.await(refused))
  return {
    name: options.name,
    done,
    drain: Effect.andThen(consumer.drain, done),
    state: () => ({ covered: writer.position.last, ...counts, consumer: consumer.state() })
  }
})

/** At least one input, and those that come while it waits, in runs of no more bytes than are put together. */
const takeRuns = Effect.fnUntraced(function* (
  {
    lingerMillis = 0,
    maxInputBytes = 1024 * 1024
  }: { readonly lingerMillis?: number; readonly maxInputBytes?: number },
  consumer: Consumer,
  elapsed: () => number
) {
  const taken: Array<Delivery> = yield* consumer.takeAll
  const until = elapsed() + lingerMillis
  let waiting = bytesOf(taken)
  while (waiting < maxInputBytes && elapsed() < until) {
    const more = yield* Effect.timeoutOption(consumer.takeAll, until - elapsed()).pipe(
      Effect.catchTag("MailboxClosed", () => Effect.succeedNone)
    )
    if (more._tag === "None") break
    taken.push(...more.value)
    waiting += bytesOf(more.value)
  }
  const runs: Array<Array<Delivery>> = []
  let run: Array<Delivery> = []
  let bytes = 0
  for (const one of taken) {
    if (run.length > 0 && bytes + one.data.length > maxInputBytes) {
      runs.push(run)
      run = []
      bytes = 0
    }
    run.push(one)
    bytes += one.data.length
  }
  return [...runs, run]
})

const bytesOf = (deliveries: ReadonlyArray<Delivery>): number =>
  deliveries.reduce((sum, { data }) => sum + data.length, 0)
