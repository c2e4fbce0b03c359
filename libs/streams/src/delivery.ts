// Delivery: one stream message as a durable consumer hands it over, with its place in the stream.
import type { Msg } from "@nats-io/nats-core"

export interface Delivery {
  /** Sequence in the stream. */
  readonly sequence: number
  readonly subject: string
  /** "" for a header that is absent. */
  readonly headers: { readonly get: (name: string) => string }
  /** A view into a slab shared with its neighbours; it keeps that alive, so copy what outlives the batch, or see `releaseMessage`. */
  readonly data: Uint8Array
  /** This client has got it for the first time, but the broker had delivered it before. */
  readonly redelivered: boolean
  /** When the broker stored it, milliseconds since the epoch. */
  readonly receivedMillis: number
}

/** The facts in a reply subject "$JS.ACK[.domain.account].stream.consumer.count.sequence.delivery.nanos.pending". */
export interface DeliveryToken {
  readonly deliveryCount: number
  readonly sequence: number
  /** Counts this consumer's deliveries from 1 since its last reset; a jump means a lost delivery. */
  readonly deliverySequence: number
  readonly receivedMillis: number
  /** Messages after this one that the consumer has not delivered yet. */
  readonly pending: number
}

/** Reads a reply subject; undefined for anything but a JetStream delivery. */
export const readDeliveryToken = (reply: string): DeliveryToken | undefined => {
  if (!reply.startsWith("$JS.ACK.")) return undefined
  const tokens = reply.split(".")
  const at = tokens.length === 9 ? 4 : 6
  if (tokens.length !== 9 && tokens.length < 11) return undefined
  const nanos = tokens[at + 3] as string
  return {
    deliveryCount: Number(tokens[at]),
    sequence: Number(tokens[at + 1]),
    deliverySequence: Number(tokens[at + 2]),
    receivedMillis: Number(nanos.slice(0, -6)),
    pending: Number(tokens[at + 4])
  }
}

const NO_HEADERS: Delivery["headers"] = { get: () => "" }

/** Buffer's methods over a view that may be a plain Uint8Array, without copying. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What a message counts against a pull request's bytes; headers, which are small here, are estimated. */
export const messageBytes = (message: Msg): number =>
  message.data.length +
  message.subject.length +
  (message.reply?.length ?? 0) +
  (message.headers === undefined ? 0 : 128)

export const toDelivery = (message: Msg, token: DeliveryToken): Delivery => ({
  sequence: token.sequence,
  subject: message.subject,
  headers: message.headers ?? NO_HEADERS,
  data: asBuffer(message.data),
  redelivered: token.deliveryCount > 1,
  receivedMillis: token.receivedMillis
})
