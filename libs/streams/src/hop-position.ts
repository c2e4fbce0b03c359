// Hop position: how far a hop has come, read from the last message of its output subject.
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream"
import { Effect, Schedule, Schema } from "effect"
import { growingPauses } from "./backoff.ts"
import { Nats } from "./nats.ts"

export interface HopPosition {
  /** First and last input sequence the last output covers; 0 before any output. */
  readonly first: number
  readonly last: number
  /** The last output is part `part` of `parts`; fewer parts than all means the hop stopped in between. */
  readonly part: number
  readonly parts: number
  /** The last output's own sequence in the output stream; 0 before any. */
  readonly sequence: number
  /** The last output's message id. */
  readonly id: string
}

export const positionHeaders = {
  first: "Tailrace-First-Input",
  last: "Tailrace-Last-Input",
  part: "Tailrace-Part"
} as const

const BEGINNING: HopPosition = { first: 0, last: 0, part: 1, parts: 1, sequence: 0, id: "" }

/** no-stream: set up the streams first. foreign: the output subject holds a message no hop wrote. */
class PositionError extends Schema.TaggedError<PositionError>()("PositionError", {
  reason: Schema.Literals(["no-stream", "foreign", "unavailable"]),
  message: Schema.String
}) {}

const API_TIMEOUT_MILLIS = 1_500

const pauses = growingPauses("100 millis", "2 seconds")

export const hopHeaders = (position: Pick<HopPosition, "first" | "last" | "part" | "parts">) => ({
  [positionHeaders.first]: String(position.first),
  [positionHeaders.last]: String(position.last),
  [positionHeaders.part]: `${position.part}/${position.parts}`
})

/** The position of whoever wrote last to the subject; waits for a broker that does not answer. */
export const readHopPosition = Effect.fnUntraced(function* (stream: string, subject: string) {
  const { control } = yield* Nats
  const message = yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS })
      return manager.streams.getMessage(stream, { last_by_subj: subject })
    },
    catch: (cause) => {
      const reason = cause instanceof JetStreamApiError && cause.code === 10059 ? "no-stream" : "unavailable"
      return new PositionError({ reason, message: `cannot read the last message of ${subject}: ${String(cause)}` })
    }
  }).pipe(Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))))
  if (message === null) return BEGINNING
  const first = Number(message.header.get(positionHeaders.first) || Number.NaN)
  const last = Number(message.header.get(positionHeaders.last) || Number.NaN)
  const [part, parts] = message.header.get(positionHeaders.part).split("/").map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || !part || !parts) {
    const text = `message ${message.seq} of ${subject} carries no position, somebody else wrote it: remove it`
    return yield* new PositionError({ reason: "foreign", message: text })
  }
  return { first, last, part, parts, sequence: message.seq, id: message.header.get("Nats-Msg-Id") } as HopPosition
})
