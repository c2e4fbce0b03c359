// RawStream: whether the raw stream is the one the stored outputs came from.

import { Nats } from "@tailrace/streams/nats"
import { Effect, Schema } from "effect"

/** The outputs hold records of messages the stream never had: it was lost or replaced. Nothing new may be read as old. */
export class RawStreamError extends Schema.TaggedError<RawStreamError>()("RawStreamError", {
  reason: Schema.Literals(["replaced", "unavailable"]),
  message: Schema.String
}) {}

/** Fails when an output's offset lies behind the end of the raw stream, whose new messages would be taken for stored. */
export const rawStreamCovers = Effect.fnUntraced(function* (offset: number) {
  const { control } = yield* Nats
  const last = yield* Effect.tryPromise({
    try: async () => {
      const answer = await control.request("$JS.API.STREAM.INFO.raw", undefined, { timeout: 5_000 })
      const info: { readonly state?: { readonly last_seq: number } } = answer.json()
      if (info.state === undefined) throw new Error("stream raw does not exist, run the streams set-up")
      return info.state.last_seq
    },
    catch: (cause) =>
      new RawStreamError({ reason: "unavailable", message: `cannot read the state of stream raw: ${String(cause)}` })
  })
  if (last >= offset) return
  return yield* new RawStreamError({
    reason: "replaced",
    message:
      `stream raw ends at ${last}, but the store holds records of message ${offset}: the broker's data was lost or ` +
      "replaced; restore it, or use a new store"
  })
})
