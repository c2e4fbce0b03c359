// Durable: the broker's side of a consumer; created, checked and set to a start sequence through the JetStream API.
import { isDeepStrictEqual } from "node:util"
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager
} from "@nats-io/jetstream"
import { Effect, Schema } from "effect"

/**
 * no-stream: set up the streams first. incompatible: the durable exists with other settings. ahead: the outputs claim
 * inputs the stream never had, so the stream was lost or replaced; start from an empty store or restore the stream.
 * contended: another process consumes the durable. superseded: another process owns the partition now.
 * replaced: the stream lost messages that it had delivered. unavailable: the broker does not answer.
 */
export class ConsumerError extends Schema.TaggedError<ConsumerError>()("ConsumerError", {
  reason: Schema.Literals(["no-stream", "incompatible", "ahead", "contended", "superseded", "replaced", "unavailable"]),
  message: Schema.String
}) {}

export interface DurableOptions {
  readonly stream: string
  readonly durable: string
  readonly filterSubject: string
  /** Subjects that it delivers besides. */
  readonly alsoSubjects?: ReadonlyArray<string>
  /** Deliveries without acknowledgement before the broker stops delivering. */
  readonly maxAckPending: number
  readonly ackWaitMillis?: number
  /** Deliver to one client alone, until it is unpinned or has not asked for this long. */
  readonly pin?: { readonly group: string; readonly timeoutMillis: number }
}

/**
 * Long, because redelivery is not how losses heal: every new session resets the durable. It only repeats what a
 * stage holds back over an outage.
 */
const ACK_WAIT_MILLIS = 300_000

/** Settings that a durable keeps for its life. */
const fixed = (options: DurableOptions) => ({
  durable_name: options.durable,
  ack_policy: AckPolicy.All,
  // With a start sequence of its own the broker would refuse every later reset to before it.
  deliver_policy: DeliverPolicy.All,
  max_waiting: 64
})

/** One filter or several; the broker takes no consumer that names both. */
const filterOf = ({ alsoSubjects = [], filterSubject }: DurableOptions): Pick<Settings, FilterKey> =>
  alsoSubjects.length === 0
    ? { filter_subject: filterSubject, filter_subjects: undefined }
    : { filter_subject: undefined, filter_subjects: [filterSubject, ...alsoSubjects] }

type FilterKey = "filter_subject" | "filter_subjects"
/** As the client takes them: a key without a value is one that is taken away. */
type Settings = { [K in keyof ConsumerConfig]: ConsumerConfig[K] | undefined }

const settingsOf = (options: DurableOptions) => ({
  ...filterOf(options),
  ack_wait: (options.ackWaitMillis ?? ACK_WAIT_MILLIS) * 1e6,
  max_ack_pending: options.maxAckPending,
  ...(options.pin === undefined
    ? {}
    : {
        priority_groups: [options.pin.group],
        priority_policy: "pinned_client" as const,
        priority_timeout: options.pin.timeoutMillis * 1e6
      })
})

const toError = (options: DurableOptions) => (cause: unknown) => {
  const detail = cause instanceof Error ? cause.message : String(cause)
  const api = cause instanceof JetStreamApiError ? cause.code : 0
  const name = `consumer ${options.durable} of stream ${options.stream}`
  if (api === 10059) {
    const message = `stream ${options.stream} does not exist, run the streams set-up`
    return new ConsumerError({ reason: "no-stream", message })
  }
  // A broker that is busy deleting the durable says so as a fault of its own, which passes.
  const faulty = cause instanceof JetStreamApiError && cause.status >= 500
  const refused = api !== 0 && api !== 10008 && api !== 10014 && !faulty
  return refused
    ? new ConsumerError({ reason: "incompatible", message: `${name} refused: ${detail}` })
    : new ConsumerError({ reason: "unavailable", message: `${name} cannot be reached: ${detail}` })
}

const differs = ({ config }: ConsumerInfo, wanted: ReturnType<typeof settingsOf>): boolean =>
  Object.entries(wanted).some(
    ([key, value]) => !isDeepStrictEqual((config as unknown as Record<string, unknown>)[key], value)
  )

/** Creates the durable, or brings an existing one up to date; returns the sequence up to which it is acknowledged. */
export const ensureDurable = Effect.fnUntraced(function* (manager: JetStreamManager, options: DurableOptions) {
  const wanted = settingsOf(options)
  const call = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: toError(options) })
  const existing = yield* call(() =>
    manager.consumers.info(options.stream, options.durable).catch((cause) => {
      if (cause instanceof JetStreamApiError && cause.code === 10014) return undefined
      throw cause
    })
  )
  if (existing === undefined) {
    yield* call(() => manager.consumers.add(options.stream, { ...fixed(options), ...wanted } as ConsumerConfig))
    return 0
  }
  const { config } = existing
  if (config.ack_policy !== AckPolicy.All) {
    return yield* new ConsumerError({
      reason: "incompatible",
      message: `consumer ${options.durable} of stream ${options.stream} has ack policy ${config.ack_policy} where "all" is needed, delete it or choose another name`
    })
  }
  const floor = existing.ack_floor.stream_seq
  if (!differs(existing, wanted)) return floor
  yield* call(() =>
    manager.consumers.update(options.stream, options.durable, wanted as ConsumerConfig).catch(async (cause) => {
      if (!(cause instanceof JetStreamApiError) || config.priority_policy === wanted.priority_policy) throw cause
      // Where the broker does not let a priority policy change, the durable is made anew and goes on from its floor.
      await manager.consumers.delete(options.stream, options.durable)
      await manager.consumers.add(options.stream, { ...fixed(options), ...wanted } as ConsumerConfig)
      await manager.consumers.reset(options.stream, options.durable, floor + 1)
      return undefined as unknown as ConsumerInfo
    })
  )
  return floor
})

/** Why a durable does not deliver what it should, by the broker's word; undefined when it does. Rejects when nobody answers. */
export const durableProblem = async (
  manager: JetStreamManager,
  options: DurableOptions
): Promise<{ readonly reason: string; readonly heals: boolean } | undefined> => {
  const info = await manager.consumers.info(options.stream, options.durable).catch((cause) => {
    if (cause instanceof JetStreamApiError && (cause.code === 10014 || cause.code === 10059)) return undefined
    throw cause
  })
  if (info === undefined) return { reason: `consumer ${options.durable} was deleted`, heals: true }
  if (differs(info, settingsOf(options)))
    return { reason: `somebody has changed consumer ${options.durable}`, heals: true }
  if (info.paused !== true) return undefined
  return { reason: `somebody has paused consumer ${options.durable} until ${info.config.pause_until}`, heals: false }
}

/**
 * The next delivery is the first message from `sequence` on, and deliveries count from 1 again. Fails with "ahead" when
 * the stream ends before `sequence` - 1: the broker would accept that and deliver nothing until it caught up.
 */
export const resetDurable = Effect.fnUntraced(function* (
  manager: JetStreamManager,
  options: DurableOptions,
  sequence: number
) {
  const catching = toError(options)
  const info = yield* Effect.tryPromise({ try: () => manager.streams.info(options.stream), catch: catching })
  if (sequence > info.state.last_seq + 1) {
    return yield* new ConsumerError({
      reason: "ahead",
      message: `start sequence ${sequence} lies past the end ${info.state.last_seq} of stream ${options.stream}, the stream was lost or replaced: restore it or empty the store`
    })
  }
  const { pin } = options
  if (pin !== undefined) {
    // Whoever was pinned before is told so at its next request, and its waiting requests are void.
    yield* Effect.tryPromise({
      try: () => manager.consumers.unpin(options.stream, options.durable, pin.group),
      catch: catching
    })
  }
  yield* Effect.tryPromise({
    try: () => manager.consumers.reset(options.stream, options.durable, sequence),
    catch: catching
  })
})
