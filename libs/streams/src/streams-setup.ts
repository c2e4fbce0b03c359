// Streams set-up: makes the broker's streams, consumers and buckets what nats/*.json says; safe to repeat.
import { isDeepStrictEqual } from "node:util"
import { JetStreamApiError, type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { Effect, Schema } from "effect"
import {
  bucketDefinitions,
  consumedStreams,
  durableOf,
  type StreamDefinition,
  streamDefinitions
} from "./definitions.ts"
import { ensureDurable } from "./durable.ts"
import { Nats } from "./nats.ts"

/**
 * incompatible: an existing stream cannot become what is defined. no-space: the broker's storage cannot hold the
 * stream's max_bytes. unavailable: the broker does not answer or has no JetStream.
 */
class StreamsSetupError extends Schema.TaggedError<StreamsSetupError>()("StreamsSetupError", {
  reason: Schema.Literals(["incompatible", "no-space", "unavailable"]),
  message: Schema.String
}) {}

export interface StreamsSetupOptions {
  /** Partitions of the raw stream. May grow later, never shrink. */
  readonly partitions: number
  /** Copies of each stream in a cluster. Default 1. */
  readonly replicas?: number
  /** Largest size of a stream by its name, bytes, instead of the definition's. */
  readonly maxBytes?: Readonly<Record<string, number>>
  /** First sequence of a raw stream that has to be made. Default 1. */
  readonly rawFirstSequence?: number
}

export type StreamsSetupReport = ReadonlyArray<{
  readonly stream: string
  readonly change: "created" | "updated" | "unchanged"
}>

const STREAM_NOT_FOUND = 10059
const NO_SPACE = new Set([10023, 10028, 10047])
const TOO_FEW_BROKERS = new Set([10005, 10074])

const toError = (what: string) => (cause: unknown) => {
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (!(cause instanceof JetStreamApiError)) {
    const message = `cannot set up ${what}: ${detail}, check that the broker runs with JetStream`
    return new StreamsSetupError({ reason: "unavailable", message })
  }
  if (NO_SPACE.has(cause.code)) {
    const message = `${what} does not fit into the broker's storage: ${detail}, lower its max_bytes or free space`
    return new StreamsSetupError({ reason: "no-space", message })
  }
  if (TOO_FEW_BROKERS.has(cause.code)) {
    const message = `${what} cannot be replicated: ${detail}, add brokers to the cluster or choose another durability`
    return new StreamsSetupError({ reason: "incompatible", message })
  }
  const message = `existing ${what} cannot take the defined settings: ${detail}, rename or remove it`
  return new StreamsSetupError({ reason: "incompatible", message })
}

const partitionsOf = (transform: string | undefined) => Number(/partition\((\d+),/.exec(transform ?? "")?.[1] ?? 0)

/** Fewer partitions would leave the frames of the dropped ones without a reader. */
const shrinks = (existing: StreamInfo, wanted: StreamDefinition) =>
  partitionsOf(existing.config.subject_transform?.dest) > partitionsOf(wanted.subject_transform?.dest)

/** A definition that also says what it leaves open, so that what somebody has set is put back. */
export const withoutLimits = (definition: StreamDefinition): StreamDefinition =>
  ({ max_msgs: -1, max_msg_size: -1, subject_transform: undefined, ...definition }) as StreamDefinition

const setUpStream = Effect.fnUntraced(function* (manager: JetStreamManager, wanted: StreamDefinition, first: number) {
  const what = `stream ${wanted.name}`
  const existing = yield* Effect.tryPromise({
    try: () =>
      manager.streams.info(wanted.name).catch((cause) => {
        if (cause instanceof JetStreamApiError && cause.code === STREAM_NOT_FOUND) return undefined
        throw cause
      }),
    catch: toError(what)
  })
  if (existing === undefined) {
    const made = first > 1 ? { ...wanted, first_seq: first } : wanted
    yield* Effect.tryPromise({ try: () => manager.streams.add(made), catch: toError(what) })
    return { stream: wanted.name, change: "created" as const }
  }
  if (shrinks(existing, wanted)) {
    const now = partitionsOf(existing.config.subject_transform?.dest)
    const message = `${what} has ${now} partitions and cannot have fewer, configure partitions: ${now} (--partitions ${now}) or more`
    return yield* new StreamsSetupError({ reason: "incompatible", message })
  }
  const current = existing.config as Record<string, unknown>
  const differs = Object.entries(wanted).some(([key, value]) => !isDeepStrictEqual(current[key], value))
  if (!differs) return { stream: wanted.name, change: "unchanged" as const }
  yield* Effect.tryPromise({ try: () => manager.streams.update(wanted.name, wanted), catch: toError(what) })
  return { stream: wanted.name, change: "updated" as const }
})

/** Creates or updates every stream, bucket and per-partition durable. Data of existing streams stays. */
export const setUpStreams = Effect.fnUntraced(function* (options: StreamsSetupOptions) {
  const { control } = yield* Nats
  const manager = yield* Effect.tryPromise({ try: () => jetstreamManager(control), catch: toError("JetStream") })
  const report: Array<StreamsSetupReport[number]> = []
  for (const definition of streamDefinitions(options.partitions)) {
    const wanted = {
      ...withoutLimits(definition),
      num_replicas: options.replicas ?? 1,
      max_bytes: options.maxBytes?.[definition.name] ?? definition.max_bytes
    }
    const first = definition.name === "raw" ? (options.rawFirstSequence ?? 1) : 1
    report.push(yield* setUpStream(manager, wanted, first))
  }
  for (const stream of consumedStreams) {
    for (let partition = 0; partition < options.partitions; partition++) {
      yield* ensureDurable(manager, durableOf(stream, partition)).pipe(
        Effect.mapError(
          (error) =>
            new StreamsSetupError({
              reason: error.reason === "unavailable" ? "unavailable" : "incompatible",
              message: error.message
            })
        )
      )
    }
  }
  const buckets = new Kvm(control)
  for (const { bucket, description, history, max_bytes } of bucketDefinitions) {
    const size = options.maxBytes?.[bucket] ?? max_bytes
    yield* Effect.tryPromise({
      try: () => buckets.create(bucket, { description, history, max_bytes: size, replicas: options.replicas ?? 1 }),
      catch: toError(`bucket ${bucket}`)
    })
  }
  return report as StreamsSetupReport
})
