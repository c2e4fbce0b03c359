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
  /** Why the message is no announcement, in words; it then tells of no owner and no batch. */
  readonly unreadable?: string
}

/** Names a batch in the store; attempts are counted from seconds since 1970. */
const mostAttempt = 2 ** 32 - 2 ** 16
/** The store's last day of a batch, in 2106. */
const mostIngestedAt = 4_294_967_220_000
const isCount = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most

const cutProblem = (cut: Partial<Record<keyof Cut, unknown>> | null): string | undefined => {
  if (typeof cut !== "object" || cut === null) return "is no batch"
  const { attempt, first, ingestedAt, last, within } = cut
  if (!isCount(first, Number.MAX_SAFE_INTEGER) || !isCount(last, Number.MAX_SAFE_INTEGER)) return "has no sequences"
  if (first > last) return `ends at ${last} before it begins at ${first}`
  if (!isCount(attempt, mostAttempt)) return "has no attempt"
  if (!isCount(ingestedAt, mostIngestedAt)) return "has no time"
  return within === undefined || typeof within === "boolean" ? undefined : "has a mark that is none"
}

/** What the bytes of an announcement say; anybody may have written them, so what is none answers why. */
export const decodeAnnounced = (text: string): Announced | { readonly unreadable: string } => {
  let value: Partial<Record<keyof Announced, unknown>> | null
  try {
    value = JSON.parse(text)
  } catch {
    return { unreadable: `it is not json, but ${JSON.stringify(text.slice(0, 40))}` }
  }
  if (typeof value !== "object" || value === null || typeof value.owner !== "string")
    return { unreadable: "it names no owner" }
  if (typeof value.cuts !== "object" || value.cuts === null || Array.isArray(value.cuts))
    return { unreadable: "it names no batches" }
  for (const [output, cut] of Object.entries(value.cuts)) {
    const problem = cutProblem(cut)
    if (problem !== undefined) return { unreadable: `its batch of ${JSON.stringify(output.slice(0, 40))} ${problem}` }
  }
  return value as Announced
}

const API_TIMEOUT_MILLIS = 1_500

const pauses = growingPauses("50 millis", "1 second")

const unavailable = (partition: number) => (cause: unknown) =>
  new OwnershipError({
    reason: "unavailable",
    message: `the announcements of partition ${partition} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`
  })

/** The last announcement of a partition, or that it is none; a broker that does not answer is asked again. */
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
      const place = { sequence: message.seq, id: message.header.get("Nats-Msg-Id") }
      const announced = decodeAnnounced(message.string())
      return "unreadable" in announced ? { owner: "", cuts: {}, ...place, ...announced } : { ...announced, ...place }
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
