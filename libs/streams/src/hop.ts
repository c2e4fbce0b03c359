// Hop: an actor whose mailbox is a durable consumer and whose output is a stream; exactly once, one writer.
import { nuid } from "@nats-io/nats-core"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Deferred, Effect, Fiber, Schedule, Schema, type Scope } from "effect"
import type { Running } from "./actor.ts"
import { growingPauses } from "./backoff.ts"
import { Broker } from "./broker.ts"
import type { Consumer, ConsumerOptions } from "./consumer.ts"
import type { Delivery } from "./delivery.ts"
import { elapsedMillis } from "./elapsed.ts"
import { type HopPosition, hopHeaders } from "./hop-position.ts"
import type { MailboxClosed } from "./mailbox.ts"
import type { Nats } from "./nats.ts"
import type { PublishError } from "./publish-error.ts"
import { Publisher } from "./publisher.ts"
import { releaseMessage } from "./whole-messages.ts"

/**
 * superseded: another writer wrote to the output subject, be it another process or a message this one had in flight
 * when it was stopped; only a new life, which reads the position again, may go on. too-large: the transform made a message the
 * broker never takes. no-stream: set up the streams first.
 */
export class HopError extends Schema.TaggedError<HopError>()("HopError", {
  reason: Schema.Literals(["superseded", "too-large", "no-stream", "unavailable"]),
  message: Schema.String
}) {}

export interface HopOutput {
  readonly payload: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

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

const pauses = growingPauses("100 millis", "2 seconds")

/** How far a hop is. */
interface Progress {
  position: HopPosition
  inputs: number
  outputs: number
  holding: string
}

/** Starts a hop for the life of the scope, from the first input its output does not cover. */
export const startHop = Effect.fnUntraced(function* <E, R>(
  options: HopOptions<E, R>
): Effect.fn.Return<Hop<HopFailure<E>>, HopFailure<E>, R | Scope.Scope | Nats | Publisher | Health | Metrics> {
  const elapsed = elapsedMillis(yield* Clock.Clock)
  const health: HealthReporter = (yield* Health).register(`hop.${options.name}`)
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))
  const broker = yield* Broker
  const readPosition = broker
    .readHopPosition(options.outputStream, options.outputSubject)
    .pipe(
      Effect.mapError(
        (error) => new HopError({ reason: error.reason, message: `hop ${options.name}: ${error.message}` })
      )
    )
  const progress: Progress = { position: yield* readPosition, inputs: 0, outputs: 0, holding: "" }
  const { position } = progress
  const unfinished = position.part < position.parts
  const consumer = yield* broker.openConsumer({
    ...options.input,
    startSequence: unfinished ? position.first : position.last + 1
  })
  const publish = outputTo(options, yield* Publisher, progress, health, readPosition)
  const handOn = Effect.fnUntraced(function* ({ inputs, outputs, partsDone }: Transformed) {
    const first = (inputs[0] as Delivery).sequence
    const last = (inputs.at(-1) as Delivery).sequence
    for (let part = partsDone; part < outputs.length; part++) {
      const next = { first, last, part: part + 1, parts: outputs.length, sequence: 0, id: "" }
      yield* publish(outputs[part] as HopOutput, next)
    }
    progress.inputs += inputs.length
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
      while ((inputs.at(-1)?.sequence ?? 0) < position.last) inputs.push(yield* consumer.take)
      yield* process(inputs, position.part)
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
    state: () => {
      const { holding, inputs, outputs, position } = progress
      return { covered: position.last, inputs, outputs, holding, consumer: consumer.state() }
    }
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

/** The writer of a hop's output: each message expects the one before, and is held while the broker cannot take it. */
const outputTo = (
  options: { readonly name: string; readonly outputSubject: string },
  publisher: Publisher["Service"],
  progress: Progress,
  health: HealthReporter,
  readPosition: Effect.Effect<HopPosition, HopError, Nats>
) => {
  const { name, outputSubject } = options
  const life = nuid.next()
  const hold = (error: PublishError) =>
    Effect.sync(() => {
      progress.holding = error.message
      health.live(error.message)
    })
  const afterRefusal = (error: PublishError) =>
    error.reason === "wrong-last-sequence" ? Effect.asSome(readPosition) : Effect.succeedNone
  /** The refusal may answer a repeat of our own message whose acknowledgement got lost. */
  const settleRefusal = (
    error: PublishError,
    stored: Effect.Success<ReturnType<typeof afterRefusal>>,
    id: string
  ): Effect.Effect<number, HopError> => {
    if (stored._tag === "Some" && stored.value.id === id) return Effect.succeed(stored.value.sequence)
    if (error.reason === "wrong-last-sequence") {
      const message = `hop ${name} is no longer the writer of ${outputSubject}, another process took over`
      return Effect.fail(new HopError({ reason: "superseded", message }))
    }
    const reason = error.reason === "too-large" ? "too-large" : "no-stream"
    return Effect.fail(new HopError({ reason, message: `hop ${name}: ${error.message}` }))
  }
  return Effect.fnUntraced(function* (output: HopOutput, next: HopPosition) {
    const id = `${life}-${next.first}-${next.last}-${next.part}`
    const sequence = yield* publisher
      .publish(outputSubject, output.payload, {
        id,
        headers: { ...output.headers, ...hopHeaders(next) },
        expectLastSubjectSequence: progress.position.sequence
      })
      .pipe(
        Effect.tapError((error) => (canWait(error) ? hold(error) : Effect.void)),
        Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => canWait(input)))),
        Effect.map((stored) => stored.sequence),
        Effect.catch((error) => Effect.flatMap(afterRefusal(error), (stored) => settleRefusal(error, stored, id)))
      )
    if (progress.holding !== "") {
      progress.holding = ""
      health.ready()
    }
    progress.position = { ...next, sequence, id }
    progress.outputs++
  })
}

/** A full stream or an absent broker passes; the batch is held until then. */
const canWait = (error: PublishError) => error.reason === "full" || error.reason === "unavailable"
