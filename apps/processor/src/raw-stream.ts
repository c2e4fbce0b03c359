// RawStream: whether the raw stream is the one the stored outputs came from.
import { Broker } from "@tailrace/streams/broker"
import { Effect, Schema } from "effect"

/** The outputs hold records of messages the stream never had: it was lost or replaced. Nothing new may be read as old. */
export class RawStreamError extends Schema.TaggedError<RawStreamError>()("RawStreamError", {
  reason: Schema.Literals(["replaced", "unavailable"]),
  message: Schema.String
}) {}

/** Fails when an output's offset lies behind the end of the raw stream, whose new messages would be taken for stored. */
export const rawStreamCovers = Effect.fnUntraced(function* (offset: number) {
  const { lastSequence } = yield* Broker
  const last = yield* lastSequence("raw").pipe(
    Effect.mapError((message) => new RawStreamError({ reason: "unavailable", message }))
  )
  if (last >= offset) return
  return yield* new RawStreamError({
    reason: "replaced",
    message:
      `stream raw ends at ${last}, but the store holds records of message ${offset}: the broker's data was lost or ` +
      "replaced; restore it, or use a new store"
  })
})
