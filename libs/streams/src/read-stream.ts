// Read stream: every message that a stream still keeps of a range, in order, without leaving a trace in it.
import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { Effect } from "effect"
import { Nats } from "./nats.ts"
import { SurveyError } from "./survey.ts"

export interface StreamMessage {
  readonly sequence: number
  readonly subject: string
  /** When the broker stored it, milliseconds since 1970. */
  readonly storedMillis: number
  /** Value of a header; undefined when there is none. */
  readonly header: (name: string) => string | undefined
  readonly data: Uint8Array
}

/** First sequence that a stream still keeps, and the last it ever had. An empty stream keeps none: first is last + 1. */
export const streamRange = (stream: string): Effect.Effect<{ first: number; last: number }, SurveyError, Nats> =>
  withBroker(`read the state of stream ${stream}`, async ({ control }) => {
    const { state } = await (await jetstreamManager(control, { timeout: 5_000 })).streams.info(stream)
    return { first: state.messages === 0 ? state.last_seq + 1 : state.first_seq, last: state.last_seq }
  })

/** Messages that a stream keeps, by subject. */
export const streamSubjects = (stream: string): Effect.Effect<Readonly<Record<string, number>>, SurveyError, Nats> =>
  withBroker(`read the subjects of stream ${stream}`, async ({ control }) => {
    const { state } = await (await jetstreamManager(control, { timeout: 5_000 })).streams.info(stream, {
      subjects_filter: ">"
    })
    return state.subjects ?? {}
  })

/** Calls `visit` with each message from one sequence through another, as far as the stream keeps them. */
export const readStream = (
  range: { readonly stream: string; readonly from: number; readonly through: number },
  visit: (message: StreamMessage) => void
): Effect.Effect<void, SurveyError, Nats> =>
  withBroker(`read stream ${range.stream}`, async ({ data }) => {
    const { from, stream, through } = range
    const consumer = await jetstream(data, { timeout: 5_000 }).consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, from)
    })
    if (from > through || (await consumer.info(true)).num_pending === 0) return
    const messages = await consumer.consume({ max_bytes: 16 * 1024 * 1024 })
    for await (const message of messages) {
      const { pending, streamSequence, timestampNanos } = message.info
      if (streamSequence <= through)
        visit({
          sequence: streamSequence,
          subject: message.subject,
          storedMillis: Math.floor(timestampNanos / 1e6),
          header: (name) => message.headers?.get(name) || undefined,
          data: message.data
        })
      if (streamSequence >= through || pending === 0) break
    }
    await messages.close()
  })

const withBroker = <A>(what: string, use: (nats: Nats["Service"]) => Promise<A>) =>
  Nats.use((nats) =>
    Effect.tryPromise({
      try: () => use(nats),
      catch: (cause) =>
        new SurveyError({ message: `cannot ${what}: ${cause instanceof Error ? cause.message : String(cause)}` })
    })
  )
