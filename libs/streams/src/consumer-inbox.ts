// Consumer inbox: keeps deliveries in order and single, and knows how to acknowledge up to a sequence.
import type { Msg, NatsConnection } from "@nats-io/nats-core"
import { type Delivery, messageBytes, readDeliveryToken, toDelivery } from "./delivery.ts"
import type { ConsumerError } from "./durable.ts"
import type { Mailbox } from "./mailbox.ts"

export interface ConsumerState {
  /** Highest sequence put into the mailbox. */
  readonly delivered: number
  /** Highest sequence acknowledged. */
  readonly settled: number
  /** Messages in the stream after the last delivery. */
  readonly pending: number
  readonly mailbox: number
  /** When the broker stored the message last delivered, milliseconds since the epoch; 0 before any. */
  readonly receivedMillis: number
}

const ACK = new TextEncoder().encode("+ACK")

export class ConsumerInbox {
  /** The reason of a session that ended because a delivery went missing. */
  static readonly gap = "a delivery went missing"

  readonly #connection: NatsConnection
  readonly #mailbox: Mailbox<Delivery, ConsumerError>
  readonly #skipped: () => void
  /** Unacknowledged deliveries of this session, in order. A reply of an older session would corrupt the broker's count. */
  #replies: Array<{ readonly sequence: number; readonly reply: string }> = []
  #deliverySequence = 0
  #delivered: number
  #settled: number
  #pending = 0
  #receivedMillis = 0

  constructor(
    connection: NatsConnection,
    mailbox: Mailbox<Delivery, ConsumerError>,
    startSequence: number,
    skipped: () => void
  ) {
    this.#connection = connection
    this.#mailbox = mailbox
    this.#skipped = skipped
    this.#delivered = startSequence - 1
    this.#settled = startSequence - 1
  }

  get settled(): number {
    return this.#settled
  }

  /** Whether the broker has something to deliver, and room for it among what is not acknowledged yet. */
  awaits(maxAckPending: number): boolean {
    return this.#deliverySequence > 0 && this.#pending > 0 && this.#replies.length < maxAckPending
  }

  /** After a reset of the durable: deliveries count from 1 again, from the first message not settled. */
  newSession() {
    this.#replies = []
    this.#deliverySequence = 0
  }

  /** False when a delivery before this one is missing; this one is then not taken in. */
  receive(message: Msg): boolean {
    const reply = message.reply ?? ""
    const token = readDeliveryToken(reply)
    if (token === undefined) throw new Error(`not a delivery: ${reply}`)
    if (token.deliverySequence !== this.#deliverySequence + 1) return false
    this.#deliverySequence = token.deliverySequence
    this.#pending = token.pending
    const last = this.#replies.at(-1)
    if (token.sequence <= this.#settled) this.#ack(reply)
    // Within a session only the first delivery's reply counts, so that acknowledgements stay in delivery order.
    else if (last === undefined || token.sequence > last.sequence)
      this.#replies.push({ sequence: token.sequence, reply })
    if (token.sequence <= this.#delivered) {
      this.#skipped()
      return true
    }
    this.#delivered = token.sequence
    this.#receivedMillis = token.receivedMillis
    this.#mailbox.putUnsafe(toDelivery(message, token), messageBytes(message))
    return true
  }

  ackThrough(sequence: number) {
    if (sequence <= this.#settled) return
    this.#settled = sequence
    let reply: string | undefined
    let count = 0
    for (const one of this.#replies) {
      if (one.sequence > sequence) break
      reply = one.reply
      count++
    }
    if (reply === undefined) return
    this.#replies.splice(0, count)
    this.#ack(reply)
  }

  state(): ConsumerState {
    return {
      delivered: this.#delivered,
      settled: this.#settled,
      pending: this.#pending,
      mailbox: this.#mailbox.count,
      receivedMillis: this.#receivedMillis
    }
  }

  #ack(reply: string) {
    try {
      this.#connection.publish(reply, ACK)
    } catch {
      // A closed connection: the broker learns it from the next session, which starts after what is settled.
    }
  }
}
