// Consumer: a durable JetStream consumer as a mailbox; in order, each message once per life, acknowledged up to a point.
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Deferred, Effect, Latch, Schedule } from "effect"
import { growingPauses } from "./backoff.ts"
import { onStatus } from "./connection-status.ts"
import { ConsumerInbox, type ConsumerState } from "./consumer-inbox.ts"
import type { Delivery } from "./delivery.ts"
import { ConsumerError, type DurableOptions, durableProblem, ensureDurable, resetDurable } from "./durable.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Mailbox, type MailboxClosed } from "./mailbox.ts"
import { Nats } from "./nats.ts"
import { PullSession } from "./pull-session.ts"

export interface ConsumerOptions extends DurableOptions {
  /**
   * First sequence wanted: the outputs' offset + 1. Where the durable is acknowledged further, it goes on from there,
   * because what is acknowledged is in every output.
   */
  readonly startSequence?: number
  /** Start no later than here, acknowledged or not: the outputs lack what came of it. */
  readonly lacking?: number | undefined
  /** Start at startSequence even where that was acknowledged before. */
  readonly replay?: boolean
  /** Bytes delivered and not yet taken. Default 32 MiB; must exceed the largest message. */
  readonly capacityBytes?: number
  /** Messages asked for at once. Default 256. */
  readonly maxMessages?: number
  /**
   * Whether this process still owns what the durable feeds, by the broker's word. Asked before the durable is reset in
   * the middle of a life: only the owner may move it.
   */
  readonly owned?: Effect.Effect<boolean>
}

export interface Consumer {
  readonly take: Effect.Effect<Delivery, ConsumerError | MailboxClosed>
  /** Everything that waits, at least one. */
  readonly takeAll: Effect.Effect<[Delivery, ...Array<Delivery>], ConsumerError | MailboxClosed>
  /** Every message up to `sequence` is in all outputs; never acknowledge before that. */
  readonly ackThrough: (sequence: number) => Effect.Effect<void>
  /** Stops delivering; what was delivered can still be taken, then takes fail with MailboxClosed. */
  readonly drain: Effect.Effect<void>
  /** Fails when the consumer cannot go on by itself; the same failure reaches take. */
  readonly closed: Effect.Effect<never, ConsumerError>
  /** Where it started: startSequence, or one past what was acknowledged. */
  readonly startSequence: number
  readonly state: () => ConsumerState
}

/** Fails when the stream has lost a message that was delivered, or has another one in its place: it lost its end. */
const stillHas = Effect.fnUntraced(function* (
  manager: JetStreamManager,
  stream: string,
  { delivered, receivedMillis }: ConsumerState
) {
  if (receivedMillis === 0) return
  const kept = yield* Effect.tryPromise({
    try: async () => {
      const found = await manager.streams.getMessage(stream, { seq: delivered }).catch((cause: unknown) => {
        if (cause instanceof JetStreamApiError && cause.code === MESSAGE_NOT_FOUND) return null
        throw cause
      })
      if (found !== null) return found.time.getTime() === receivedMillis
      return (await manager.streams.info(stream)).state.last_seq >= delivered
    },
    catch: (cause) =>
      new ConsumerError({ reason: "unavailable", message: `stream ${stream} cannot be reached: ${String(cause)}` })
  })
  if (kept) return
  const message = `stream ${stream} does not have message ${delivered} any more that it delivered: it lost its end, or was made anew`
  return yield* new ConsumerError({ reason: "replaced", message })
})

/** Lost deliveries in a row within which another reader of the same durable is the likely cause. */
const GAPS_ALLOWED = 5
const GAP_WINDOW_MILLIS = 30_000

/** Silence of a broker that has something to deliver, after which its count of acknowledgements is taken for wrong. */
const WITHHELD_MILLIS = 3_000

const LOOK_EVERY = "5 seconds"

const MESSAGE_NOT_FOUND = 10_037

/** Requests sent into a dying connection get no answer; the next attempt comes soon. */
const API_TIMEOUT_MILLIS = 1_500

const patience = growingPauses("100 millis", "2 seconds")

/**
 * Opens a durable for the life of the scope. Lost connections, killed brokers and deleted consumers heal by a reset to
 * what is not acknowledged yet; messages already delivered are not delivered again. See ConsumerError for what does not.
 */
export const openConsumer = Effect.fnUntraced(function* (options: ConsumerOptions) {
  const { data, control } = yield* Nats
  const clock = yield* Clock.Clock
  const now = elapsedMillis(clock)
  const metrics = yield* Metrics
  const label = { durable: options.durable }
  const recoveries = metrics.counter("tailrace_consumer_recoveries_total", "Sessions replaced", ["durable"])
  const skipped = metrics.counter("tailrace_consumer_skipped_total", "Redeliveries not handed on again", ["durable"])
  const health = (yield* Health).register(`consumer.${options.durable}`)
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))

  const unavailable = (cause: unknown) =>
    new ConsumerError({ reason: "unavailable", message: `jetstream cannot be reached: ${String(cause)}` })
  const manager = yield* Effect.tryPromise({
    try: () => jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS }),
    catch: unavailable
  })
  const asked = options.startSequence ?? 1
  const floor = yield* ensureDurable(manager, options)
  const behind = Math.min(Math.max(asked, floor + 1), options.lacking ?? Number.POSITIVE_INFINITY)
  const startSequence = options.replay === true ? asked : behind
  yield* resetDurable(manager, options, startSequence)

  let session: PullSession | undefined
  const mailbox = new Mailbox<Delivery, ConsumerError>({
    capacityBytes: options.capacityBytes ?? 32 * 1024 * 1024,
    onRoom: () => session?.refill()
  })
  const closed = yield* Deferred.make<never, ConsumerError>()
  const connected = yield* Latch.make(true)
  let broken = Deferred.makeUnsafe<string>()
  const brake = (reason: string) => Deferred.doneUnsafe(broken, Effect.succeed(reason))
  const inbox = new ConsumerInbox(data, mailbox, startSequence, () => skipped.inc(label))

  const stillOwned = Effect.filterOrFail(
    options.owned ?? Effect.succeed(true),
    (owned) => owned,
    () =>
      new ConsumerError({
        reason: "superseded",
        message: `another process took over what consumer ${options.durable} of stream ${options.stream} feeds`
      })
  )
  const recover = stillOwned.pipe(
    Effect.andThen(ensureDurable(manager, options)),
    Effect.andThen(Effect.suspend(() => stillHas(manager, options.stream, inbox.state()))),
    Effect.andThen(Effect.suspend(() => resetDurable(manager, options, inbox.settled + 1))),
    Effect.retry(($) => $(patience).pipe(Schedule.while(({ input }) => input.reason === "unavailable")))
  )
  let gaps = 0
  let gapsSince = 0
  const countGap = (reason: string) => {
    if (reason !== ConsumerInbox.gap) return false
    if (now() - gapsSince > GAP_WINDOW_MILLIS) {
      gaps = 0
      gapsSince = now()
    }
    return ++gaps > GAPS_ALLOWED
  }
  const serve = Effect.fnUntraced(function* () {
    for (;;) {
      broken = Deferred.makeUnsafe<string>()
      inbox.newSession()
      session = new PullSession(
        data,
        {
          stream: options.stream,
          durable: options.durable,
          maxMessages: options.maxMessages ?? 256,
          capacityBytes: options.capacityBytes ?? 32 * 1024 * 1024,
          group: options.pin?.group
        },
        {
          heldBytes: () => mailbox.bytes,
          message: (message) => {
            if (!inbox.receive(message)) brake(ConsumerInbox.gap)
          },
          broken: brake
        },
        now
      )
      health.ready()
      const reason = yield* Deferred.await(broken)
      session.close()
      recoveries.inc(label)
      health.live(reason)
      const level = reason.startsWith("somebody") ? "Warn" : "Debug"
      yield* Effect.logWithLevel(level)(`consumer ${options.durable} starts a new session: ${reason}`)
      if (countGap(reason)) {
        const message = `deliveries of consumer ${options.durable} go missing, another process consumes it: stop one of them`
        return yield* new ConsumerError({ reason: "contended", message })
      }
      yield* connected.await
      yield* recover
    }
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => session?.close()))
  yield* Effect.forkScoped(
    serve().pipe(
      Effect.catch((error: ConsumerError) =>
        Effect.suspend(() => {
          health.live(error.message)
          mailbox.fail(error)
          return Deferred.fail(closed, error)
        })
      )
    )
  )
  yield* onStatus(data, ({ type }) => {
    if (type === "disconnect") {
      connected.closeUnsafe()
      brake("disconnected")
    }
    if (type === "reconnect") connected.openUnsafe()
  })
  yield* Effect.forkScoped(
    Effect.sleep("500 millis").pipe(
      Effect.andThen(
        Effect.sync(() => {
          session?.tick()
          // The late acknowledgement of a process that is no longer the owner makes the broker ignore those of this one.
          const withheld = (session?.waitedMillis ?? 0) > WITHHELD_MILLIS && inbox.awaits(options.maxAckPending)
          if (withheld) brake("the broker holds messages back")
        })
      ),
      Effect.forever
    )
  )
  /** What changes at the broker is told to nobody who waits for messages. */
  let paused = false
  const look = Effect.gen(function* () {
    const problem = yield* Effect.promise(() => durableProblem(manager, options).catch(() => undefined))
    if (problem?.heals === true) brake(problem.reason)
    else if (problem !== undefined) health.live(problem.reason)
    else if (paused) health.ready()
    paused = problem?.heals === false
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(LOOK_EVERY), look)))
  const consumer: Consumer = {
    take: mailbox.take,
    takeAll: mailbox.takeAll,
    ackThrough: (sequence) => Effect.sync(() => inbox.ackThrough(sequence)),
    drain: Effect.sync(() => {
      session?.close()
      mailbox.end()
    }),
    closed: Deferred.await(closed),
    startSequence,
    state: () => inbox.state()
  }
  return consumer
})
