// Announced: what the owner of a partition has announced last, read from the broker.
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream"
import { Effect, Schedule } from "effect"
import { growingPauses } from "./backoff.ts"
import { cutSubject, leaseOf } from "./definitions.ts"
import { OwnershipError } from "./lease.ts"
import { Nats } from "./nats.ts"

/** One batch of one output as announced: enough to form the same batch again and to insert it under the same token. */
export interface Cut {
  /** First and last raw sequence. */
  readonly first: number
  readonly last: number
  readonly attempt: number
  /** Milliseconds since 1970; names the batch. */
  readonly ingestedAt: number
  /** Rows within one frame, which cannot be chosen again just so. */
  readonly within?: boolean
}

/** An announcement: who made it, and the last batch of each output. */
export interface Announced {
  readonly owner: string
  readonly cuts: Readonly<Record<string, Cut>>
}

export interface LastAnnounced extends Announced {
  /** Its sequence and id; 0 and "" before any. */
  readonly sequence: number
  readonly id: string
}

const API_TIMEOUT_MILLIS = 1_500

const pauses = growingPauses("50 millis", "1 second")

const unavailable = (partition: number) => (cause: unknown) =>
  new OwnershipError({
    reason: "unavailable",
    message: `the announcements of partition ${partition} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`
  })

/** The last announcement of a partition; a broker that does not answer is asked again. */
export const readAnnounced = Effect.fnUntraced(function* (partition: number) {
  const { control } = yield* Nats
  const { stream } = leaseOf(partition)
  const catching = unavailable(partition)
  const manager = yield* Effect.tryPromise({
    try: () => jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS }),
    catch: catching
  })
  return yield* Effect.tryPromise({
    try: async (): Promise<LastAnnounced> => {
      const message = await manager.streams.getMessage(stream, { last_by_subj: cutSubject(partition) })
      if (message === null) return { owner: "", cuts: {}, sequence: 0, id: "" }
      const announced: Announced = message.json()
      return { ...announced, sequence: message.seq, id: message.header.get("Nats-Msg-Id") }
    },
    catch: (cause) =>
      cause instanceof JetStreamApiError && cause.code === 10059
        ? new OwnershipError({
            reason: "no-stream",
            message: `stream ${stream} does not exist, run the streams set-up`
          })
        : catching(cause)
  }).pipe(Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))))
})
