// Hop position: how far a hop has come, read from the last message of its output subject.
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
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

/** no-stream: set up the streams first. */
class PositionError extends Schema.TaggedError<PositionError>()("PositionError", {
  reason: Schema.Literals(["no-stream", "unavailable"]),
  message: Schema.String
}) {}

const API_TIMEOUT_MILLIS = 1_500

const pauses = growingPauses("100 millis", "2 seconds")

export const hopHeaders = (position: Pick<HopPosition, "first" | "last" | "part" | "parts">) => ({
  [positionHeaders.first]: String(position.first),
  [positionHeaders.last]: String(position.last),
  [positionHeaders.part]: `${position.part}/${position.parts}`
})

/** Messages looked at before one that no hop wrote, for the last one that a hop did. */
const mostSteps = 1_000

/** The position that a message tells; undefined for one that no hop wrote. */
export const positionOf = (headers: {
  readonly get: (name: string) => string
}): Omit<HopPosition, "sequence" | "id"> | undefined => {
  const first = Number(headers.get(positionHeaders.first) || Number.NaN)
  const last = Number(headers.get(positionHeaders.last) || Number.NaN)
  const [part, parts] = headers.get(positionHeaders.part).split("/").map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || !part || !parts) return undefined
  return { first, last, part, parts }
}

/**
 * The position of the hop that wrote last to the subject; waits for a broker that does not answer. What somebody else wrote
 * behind it is named and passed over; the next output replaces that one as the last.
 */
export const readHopPosition = Effect.fnUntraced(function* (stream: string, subject: string) {
  const { control } = yield* Nats
  const found = yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS })
      const last = await manager.streams.getMessage(stream, { last_by_subj: subject })
      let message = last
      for (let step = 0; message !== null && step < mostSteps; step++) {
        const position = message.subject === subject ? positionOf(message.header) : undefined
        if (position !== undefined) return { last, position, id: message.header.get("Nats-Msg-Id") }
        message = message.seq > 1 ? await earlier(manager, stream, message.seq - 1) : null
      }
      return { last, position: undefined, id: "" }
    },
    catch: (cause) => {
      const reason = cause instanceof JetStreamApiError && cause.code === 10059 ? "no-stream" : "unavailable"
      return new PositionError({ reason, message: `cannot read the last message of ${subject}: ${String(cause)}` })
    }
  }).pipe(Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))))
  const { id, last, position } = found
  if (last === null) return BEGINNING
  if (positionOf(last.header) === undefined)
    yield* Effect.logWarning(
      `message ${last.seq} of ${subject} carries no position, somebody else wrote it: passed over`
    )
  return { ...BEGINNING, ...position, sequence: last.seq, id } as HopPosition
})

/** The message of a sequence; one that is gone counts as somebody else's. */
const earlier = (manager: JetStreamManager, stream: string, seq: number) =>
  manager.streams.getMessage(stream, { seq }).catch((cause) => {
    if (cause instanceof JetStreamApiError && cause.code === 10037) return null
    throw cause
  })
