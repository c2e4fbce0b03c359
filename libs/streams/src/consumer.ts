// Consumer: a durable JetStream consumer as a mailbox; in order, each message once per life, acknowledged up to a point.
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import type { Msg } from "@nats-io/nats-core"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Deferred, Effect, Latch, Schedule } from "effect"
import { growingPauses } from "./backoff.ts"
import { onStatus } from "./connection-status.ts"
import { ConsumerInbox, type ConsumerState } from "./consumer-inbox.ts"
import type { Delivery } from "./delivery.ts"
import { ConsumerError, type DurableOptions, durableProblem, ensureDurable, resetDurable } from "./durable.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Mailbox, type MailboxClosed } from "./mailbox.ts"
import { Nats, type NatsShape } from "./nats.ts"
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

/** The sessions of one consumer, one after the other. */
class Sessions {
  current: PullSession | undefined
  readonly #open: (brake: (reason: string) => void) => PullSession
  #broken = Deferred.makeUnsafe<string>()

  constructor(open: (brake: (reason: string) => void) => PullSession) {
    this.#open = open
  }

  /** Ends the present session for a reason in words. */
  readonly brake = (reason: string): void => {
    Deferred.doneUnsafe(this.#broken, Effect.succeed(reason))
  }

  /** A session until it breaks; answers why. */
  readonly run: Effect.Effect<string> = Effect.suspend(() => {
    this.#broken = Deferred.makeUnsafe<string>()
    const session = this.#open(this.brake)
    this.current = session
    return Effect.tap(Deferred.await(this.#broken), () => Effect.sync(() => session.close()))
  })
}

/** Whether so many deliveries went missing lately that another reader is the likely cause. */
const gapCounter = (now: () => number) => {
  let gaps = 0
  let since = 0
  return (reason: string): boolean => {
    if (reason !== ConsumerInbox.gap) return false
    if (now() - since > GAP_WINDOW_MILLIS) {
      gaps = 0
      since = now()
    }
    return ++gaps > GAPS_ALLOWED
  }
}

/** Sets the durable back to what is not settled, where this process may and the stream is still the same one. */
const recovery = (manager: JetStreamManager, options: ConsumerOptions, inbox: ConsumerInbox) =>
  Effect.filterOrFail(
    options.owned ?? Effect.succeed(true),
    (owned) => owned,
    () =>
      new ConsumerError({
        reason: "superseded",
        message: `another process took over what consumer ${options.durable} of stream ${options.stream} feeds`
      })
  ).pipe(
    Effect.andThen(ensureDurable(manager, options)),
    Effect.andThen(Effect.suspend(() => stillHas(manager, options.stream, inbox.state()))),
    Effect.andThen(Effect.suspend(() => resetDurable(manager, options, inbox.settled + 1))),
    Effect.retry(($) => $(patience).pipe(Schedule.while(({ input }) => input.reason === "unavailable")))
  )

/** Looks, for the life of the scope, for what nobody tells: a silent broker, and changes of the durable. */
const lookAfter = Effect.fnUntraced(function* (
  manager: JetStreamManager,
  options: ConsumerOptions,
  inbox: ConsumerInbox,
  sessions: Sessions,
  health: HealthReporter
) {
  const tick = Effect.sync(() => {
    sessions.current?.tick()
    // The late acknowledgement of a process that is no longer the owner makes the broker ignore those of this one.
    const silent = (sessions.current?.waitedMillis ?? 0) > WITHHELD_MILLIS
    if (silent && inbox.awaits(options.maxAckPending)) sessions.brake("the broker holds messages back")
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep("500 millis"), tick)))
  /** What changes at the broker is told to nobody who waits for messages. */
  let paused = false
  const look = Effect.gen(function* () {
    const problem = yield* Effect.promise(() => durableProblem(manager, options).catch(() => undefined))
    if (problem?.heals === true) sessions.brake(problem.reason)
    else if (problem !== undefined) health.live(problem.reason)
    else if (paused) health.ready()
    paused = problem?.heals === false
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(LOOK_EVERY), look)))
})

/** The durable, set to where its reader begins; answers that sequence. */
const beginAt = Effect.fnUntraced(function* (manager: JetStreamManager, options: ConsumerOptions) {
  const asked = options.startSequence ?? 1
  const floor = yield* ensureDurable(manager, options)
  const behind = Math.min(Math.max(asked, floor + 1), options.lacking ?? Number.POSITIVE_INFINITY)
  const startSequence = options.replay === true ? asked : behind
  yield* resetDurable(manager, options, startSequence)
  return startSequence
})

const openManager = (control: NatsShape["control"]) =>
  Effect.tryPromise({
    try: () => jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS }),
    catch: (cause) =>
      new ConsumerError({ reason: "unavailable", message: `jetstream cannot be reached: ${String(cause)}` })
  })

/**
 * Opens a durable for the life of the scope. Lost connections, killed brokers and deleted consumers heal by a reset to
 * what is not acknowledged yet; messages already delivered are not delivered again. See ConsumerError for what does not.
 */
export const openConsumer = Effect.fnUntraced(function* (options: ConsumerOptions) {
  const { durable, maxMessages = 256, stream } = options
  const capacityBytes = options.capacityBytes ?? 32 * 1024 * 1024
  const { data, control } = yield* Nats
  const now = elapsedMillis(yield* Clock.Clock)
  const metrics = yield* Metrics
  const recoveries = metrics.counter("tailrace_consumer_recoveries_total", "Sessions replaced", ["durable"])
  const skipped = metrics.counter("tailrace_consumer_skipped_total", "Redeliveries not handed on again", ["durable"])
  const health = (yield* Health).register(`consumer.${durable}`)
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))
  const manager = yield* openManager(control)
  const startSequence = yield* beginAt(manager, options)

  const mailbox: Mailbox<Delivery, ConsumerError> = new Mailbox({
    capacityBytes,
    onRoom: () => sessions.current?.refill()
  })
  const inbox = new ConsumerInbox(data, mailbox, startSequence, () => skipped.inc({ durable }))
  const sessions = new Sessions((brake) => {
    inbox.newSession()
    const message = (one: Msg) => {
      if (!inbox.receive(one)) brake(ConsumerInbox.gap)
    }
    const wanted = { stream, durable, maxMessages, capacityBytes, group: options.pin?.group }
    const handlers = { heldBytes: () => mailbox.bytes, message, broken: brake }
    const session = new PullSession(data, wanted, handlers, now)
    health.ready()
    return session
  })
  const closed = yield* Deferred.make<never, ConsumerError>()
  const connected = yield* Latch.make(true)
  const recover = recovery(manager, options, inbox)
  const tooManyGaps = gapCounter(now)
  const serve = Effect.gen(function* () {
    for (;;) {
      const reason = yield* sessions.run
      recoveries.inc({ durable })
      health.live(reason)
      const level = reason.startsWith("somebody") ? "Warn" : "Debug"
      yield* Effect.logWithLevel(level)(`consumer ${durable} starts a new session: ${reason}`)
      if (tooManyGaps(reason)) {
        const message = `deliveries of consumer ${durable} go missing, another process consumes it: stop one of them`
        return yield* new ConsumerError({ reason: "contended", message })
      }
      yield* connected.await
      yield* recover
    }
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => sessions.current?.close()))
  yield* Effect.forkScoped(
    serve.pipe(
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
      sessions.brake("disconnected")
    }
    if (type === "reconnect") connected.openUnsafe()
  })
  yield* lookAfter(manager, options, inbox, sessions, health)
  const consumer: Consumer = {
    take: mailbox.take,
    takeAll: mailbox.takeAll,
    ackThrough: (sequence) => Effect.sync(() => inbox.ackThrough(sequence)),
    drain: Effect.sync(() => {
      sessions.current?.close()
      mailbox.end()
    }),
    closed: Deferred.await(closed),
    startSequence,
    state: () => inbox.state()
  }
  return consumer
})
