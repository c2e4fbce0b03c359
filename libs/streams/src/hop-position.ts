// Hop position: how far a hop has come, read from the last message of its output subject.
import { jetstreamManager } from "@nats-io/jetstream"
import { Effect, Schema } from "effect"
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

class PositionError extends Schema.TaggedError<PositionError>()("PositionError", { message: Schema.String }) {}

export const hopHeaders = (position: Pick<HopPosition, "first" | "last" | "part" | "parts">) => ({
  [positionHeaders.first]: String(position.first),
  [positionHeaders.last]: String(position.last),
  [positionHeaders.part]: `${position.part}/${position.parts}`
})

/** The position of whoever wrote last to the subject; fails when the broker does not answer or the headers are absent. */
export const readHopPosition = Effect.fnUntraced(function* (stream: string, subject: string) {
  const { control } = yield* Nats
  const message = yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(control, { checkAPI: false })
      return manager.streams.getMessage(stream, { last_by_subj: subject })
    },
    catch: (cause) => new PositionError({ message: `cannot read the last message of ${subject}: ${String(cause)}` })
  })
  if (message === null) return BEGINNING
  const first = Number(message.header.get(positionHeaders.first) || Number.NaN)
  const last = Number(message.header.get(positionHeaders.last) || Number.NaN)
  const [part, parts] = message.header.get(positionHeaders.part).split("/").map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || !part || !parts) {
    const text = `message ${message.seq} of ${subject} carries no position, somebody else wrote it: remove it`
    return yield* new PositionError({ message: text })
  }
  return { first, last, part, parts, sequence: message.seq, id: message.header.get("Nats-Msg-Id") } as HopPosition
})
