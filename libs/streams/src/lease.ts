// Lease: which process is the pinned client of a partition's owner consumer; kept by asking, lost by silence.
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import type { Msg } from "@nats-io/nats-core"
import { Clock, Deferred, Effect, Schedule, Schema } from "effect"
import { growingPauses } from "./backoff.ts"
import { leaseOf } from "./definitions.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"

/**
 * superseded: another process owns the partition now; stand by. no-stream: set up the streams first. unavailable: the
 * broker does not answer.
 */
export class OwnershipError extends Schema.TaggedError<OwnershipError>()("OwnershipError", {
  reason: Schema.Literals(["superseded", "no-stream", "unavailable"]),
  message: Schema.String
}) {}

export interface Lease {
  /** Fails when another client was pinned instead; never ends before. An absent broker is waited for. */
  readonly lost: Effect.Effect<never, OwnershipError>
}

/** How often the broker hears of a live owner: a quarter of the time after which it pins another one. */
const RENEWALS = 4
/** How long one request for the pin waits at the broker. */
const WAIT_MILLIS = 2_000
const API_TIMEOUT_MILLIS = 1_500

const pauses = growingPauses("50 millis", "1 second")

const toError = (partition: number) => (cause: unknown) => {
  const missing = cause instanceof JetStreamApiError && cause.code === 10059
  return new OwnershipError({
    reason: missing ? "no-stream" : "unavailable",
    message: missing
      ? "stream owners does not exist, run the streams set-up"
      : `the owner of partition ${partition} cannot be asked for: ${cause instanceof Error ? cause.message : String(cause)}`
  })
}

/** The consumer and the one message it delivers; both may have been deleted. */
const ensureLease = async (manager: JetStreamManager, partition: number, put: () => Promise<void>) => {
  const { config, durable, stream, subject } = leaseOf(partition)
  const wanted = config as Parameters<JetStreamManager["consumers"]["add"]>[1]
  await manager.consumers.info(stream, durable).catch(async (cause) => {
    if (!(cause instanceof JetStreamApiError) || cause.code !== 10014) throw cause
    await manager.consumers.add(stream, wanted)
  })
  if ((await manager.streams.getMessage(stream, { last_by_subj: subject })) === null) await put()
}

/** What is asked of the broker about the lease of one partition. */
const leaseCalls = Effect.fnUntraced(function* (partition: number) {
  const { control } = yield* Nats
  const { durable, group, stream, subject, timeoutMillis } = leaseOf(partition)
  const catching = toError(partition)
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: catching })
  const manager = yield* attempt(() => jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS }))
  const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`
  /** Where a delivery may come it comes under the message's subject, to a subscription of its own. */
  const ask = (request: object, timeout: number, noMux: boolean): Promise<Msg> =>
    control.request(next, JSON.stringify({ group, batch: 1, ...request }), { timeout, noMux })
  return {
    ensure: attempt(() =>
      ensureLease(manager, partition, async () => {
        await control.request(subject, "owner", { timeout: API_TIMEOUT_MILLIS })
      })
    ),
    /** The pin of whoever owns the partition, or "" when nobody does. */
    holder: attempt(async () => {
      const info = await manager.consumers.info(stream, durable)
      const groups = (info as { readonly priority_groups?: ReadonlyArray<{ readonly pinned_client_id?: string }> })
        .priority_groups
      return groups?.[0]?.pinned_client_id ?? ""
    }),
    /** The pin, or "" when none came within `millis`. */
    request: (millis: number) =>
      attempt(async () => {
        const message = await ask({ expires: millis * 1e6 }, millis + 1_000, true)
        return message.headers?.get("Nats-Pin-Id") ?? ""
      }),
    /** Whether the pin is still good. It asks for less than there is, so that a status is all that can come. */
    renew: (pin: string) =>
      attempt(async () => {
        const answer = await ask({ id: pin, max_bytes: 1, no_wait: true }, timeoutMillis / 2, false)
        return answer.headers?.code !== 423
      }),
    letGo: Effect.suspend(() =>
      control.isClosed() ? Effect.void : Effect.ignore(attempt(() => manager.consumers.unpin(stream, durable, group)))
    )
  }
})

/**
 * Waits until this process is the pinned client of the partition's owner consumer, and stays it for the life of the
 * scope, whose end hands over at once. The consumer delivers one message that nobody acknowledges, so there is always
 * something to be pinned by, and the requests that keep the pin ask for less than its size. `standby` is called once,
 * when another process turns out to be the owner.
 */
export const takeLease = Effect.fnUntraced(function* (partition: number, standby: () => void) {
  const now = elapsedMillis(yield* Clock.Clock)
  const { timeoutMillis } = leaseOf(partition)
  const { ensure, holder, letGo, renew, request } = yield* leaseCalls(partition)

  let pin = ""
  let heardAt = now()
  let standsBy = false
  const obtain = Effect.gen(function* () {
    for (;;) {
      yield* ensure
      // Of several that come at the same moment none finds an owner at its first look.
      if (!standsBy && (yield* holder) !== "") {
        standsBy = true
        standby()
      }
      pin = yield* request(WAIT_MILLIS)
      heardAt = now()
      if (pin !== "") return
    }
  })
  yield* obtain.pipe(Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))))

  /** The broker may have forgotten the pin, or this process was too slow: unless another came first, it goes on. */
  const regain = Effect.gen(function* () {
    pin = ""
    yield* ensure
    pin = yield* request(timeoutMillis / 2)
    heardAt = now()
    if (pin !== "" || (yield* holder) === "") return
    const message = `another process took over partition ${partition}`
    return yield* new OwnershipError({ reason: "superseded", message })
  })
  const stay = Effect.gen(function* () {
    if (yield* renew(pin)) heardAt = now()
    else yield* regain
  })
  const keep = Effect.suspend(() => (pin === "" ? regain : stay)).pipe(
    // No answer at all: the broker is away, or the consumer is, which the next look makes anew.
    Effect.catchIf(
      (error) => error.reason === "unavailable",
      () => ensure
    ),
    Effect.catchIf(
      (error) => error.reason !== "superseded",
      () => Effect.void
    ),
    Effect.andThen(Effect.sleep(timeoutMillis / RENEWALS)),
    Effect.forever
  )
  yield* Effect.addFinalizer(() => (pin === "" || now() - heardAt > timeoutMillis ? Effect.void : letGo))
  const lost = yield* Deferred.make<never, OwnershipError>()
  yield* Effect.forkScoped(Effect.catch(keep, (error) => Deferred.fail(lost, error)))
  return { lost: Deferred.await(lost) } satisfies Lease
})
