// StoredMessage: one message of a stream read again by its sequence, outside of any consumer.
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream"
import { Effect, Schema } from "effect"
import { Nats } from "./nats.ts"

/** The broker does not answer, or has no such stream. */
class StoredMessageError extends Schema.TaggedError<StoredMessageError>()("StoredMessageError", {
  message: Schema.String
}) {}

export interface StoredMessage {
  readonly subject: string
  /** "" for a header that is absent. */
  readonly headers: { readonly get: (name: string) => string }
  readonly data: Uint8Array
  /** When the broker stored it, milliseconds since 1970. */
  readonly receivedMillis: number
}

const MESSAGE_NOT_FOUND = 10_037

/** The message of a sequence; undefined when the stream has it no longer. */
export const readStoredMessage = Effect.fnUntraced(function* (stream: string, sequence: number) {
  const { control } = yield* Nats
  return yield* Effect.tryPromise({
    try: async (): Promise<StoredMessage | undefined> => {
      const manager = await jetstreamManager(control, { checkAPI: false })
      const found = await manager.streams.getMessage(stream, { seq: sequence }).catch((cause: unknown) => {
        if (cause instanceof JetStreamApiError && cause.code === MESSAGE_NOT_FOUND) return null
        throw cause
      })
      if (found === null) return undefined
      const { data, header, subject, time } = found
      return { subject, headers: header ?? { get: () => "" }, data, receivedMillis: time.getTime() }
    },
    catch: (cause) =>
      new StoredMessageError({ message: `cannot read message ${sequence} of stream ${stream}: ${String(cause)}` })
  })
})
