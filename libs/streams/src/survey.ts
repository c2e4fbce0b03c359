// Survey: what a broker really has - streams, their limits and fill, their consumers - beside what nats/*.json defines.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { Effect, Schema } from "effect"
import { streamDefinitions } from "./definitions.ts"
import { Nats } from "./nats.ts"

/** The broker did not answer a question about itself. */
export class SurveyError extends Schema.TaggedError<SurveyError>()("SurveyError", { message: Schema.String }) {}

export interface ConsumerFacts {
  readonly name: string
  /** Messages not delivered yet. */
  readonly pending: number
  /** Messages delivered and not acknowledged. */
  readonly unacknowledged: number
  /** Unacknowledged messages at which the broker stops delivering. */
  readonly mostUnacknowledged: number
  /** Requests for messages that wait: 0 means that nobody reads. */
  readonly waiting: number
  /** Everything up to this sequence is acknowledged. */
  readonly floor: number
}

export interface StreamFacts {
  readonly name: string
  readonly replicas: number
  readonly storage: string
  readonly discard: string
  readonly duplicateWindowMillis: number
  /** -1 for no limit. */
  readonly maxBytes: number
  readonly bytes: number
  readonly messages: number
  readonly firstSequence: number
  readonly lastSequence: number
  /** Partitions that its subjects are spread over; 0 for a stream without. */
  readonly partitions: number
  readonly consumers: ReadonlyArray<ConsumerFacts>
}

export interface StreamSurvey {
  /** Undefined: the stream does not exist. */
  readonly found: StreamFacts | undefined
  readonly defined: { readonly name: string; readonly discard: string; readonly duplicateWindowMillis: number }
}

/** Every defined stream in the order of nats/streams, found or not. Fails when the broker does not answer or has no JetStream. */
export const surveyStreams: Effect.Effect<ReadonlyArray<StreamSurvey>, SurveyError, Nats> = Effect.gen(function* () {
  const { control } = yield* Nats
  return yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(control, { timeout: 3_000 })
      const found = new Map<string, StreamFacts>()
      for await (const info of manager.streams.list()) {
        const { config, state } = info
        found.set(config.name, {
          name: config.name,
          replicas: config.num_replicas,
          storage: config.storage,
          discard: config.discard,
          duplicateWindowMillis: config.duplicate_window / 1e6,
          maxBytes: config.max_bytes,
          bytes: state.bytes,
          messages: state.messages,
          firstSequence: state.first_seq,
          lastSequence: state.last_seq,
          partitions: Number(/partition\((\d+),/.exec(config.subject_transform?.dest ?? "")?.[1] ?? 0),
          consumers: await consumersOf(manager, config.name)
        })
      }
      return streamDefinitions(1).map(({ name, discard, duplicate_window }) => ({
        found: found.get(name),
        defined: { name, discard: discard ?? "old", duplicateWindowMillis: (duplicate_window ?? 0) / 1e6 }
      }))
    },
    catch: (cause) =>
      new SurveyError({
        message: `the broker tells nothing of its streams: ${textOf(cause)}, check that JetStream is on`
      })
  })
})

const consumersOf = async (manager: JetStreamManager, stream: string): Promise<ReadonlyArray<ConsumerFacts>> => {
  const consumers: Array<ConsumerFacts> = []
  for await (const one of manager.consumers.list(stream)) {
    // Ephemeral readers come and go; durables are what must be served.
    if (one.config.durable_name === undefined) continue
    consumers.push({
      name: one.name,
      pending: one.num_pending,
      unacknowledged: one.num_ack_pending,
      mostUnacknowledged: one.config.max_ack_pending ?? -1,
      waiting: one.num_waiting,
      floor: one.ack_floor.stream_seq
    })
  }
  return consumers
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
