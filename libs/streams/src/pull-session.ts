// Pull session: one life of pulling from a durable consumer, asking for no more bytes than its reader has room for.

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core"
import { messageBytes } from "./delivery.ts"
import { inboxOf } from "./nats-connect.ts"

export interface PullOptions {
  readonly stream: string
  readonly durable: string
  /** Most messages asked for at once. */
  readonly maxMessages: number
  /** Most bytes held and asked for together; must exceed the largest message. */
  readonly capacityBytes: number
  /** Group of a durable with a pinned client; this session expects to become it with its first request. */
  readonly group?: string | undefined
}

export interface PullHandlers {
  /** Bytes delivered before and not yet let go. */
  readonly heldBytes: () => number
  readonly message: (message: Msg) => void
  /** The session is over and must be replaced. Called once. */
  readonly broken: (reason: string) => void
}

/** Below 1 s the broker refuses; a short one finds a lost connection or consumer fast. */
const EXPIRES_MILLIS = 5_000
const HEARTBEAT_MILLIS = 2_000
const SILENCE_MILLIS = 2.5 * HEARTBEAT_MILLIS

export class PullSession {
  readonly #connection: NatsConnection
  readonly #options: PullOptions
  readonly #handlers: PullHandlers
  readonly #now: () => number
  readonly #inbox: string
  readonly #subscription: Subscription
  #askedMessages = 0
  #askedBytes = 0
  /** A message larger than this was waiting: ask again only with more room. */
  #refusedBytes = 0
  #heardAt: number
  #deliveredAt: number
  /** The broker's name for this session once it is the pinned client. */
  #pin = ""
  #over = false

  constructor(connection: NatsConnection, options: PullOptions, handlers: PullHandlers, now: () => number) {
    this.#connection = connection
    this.#inbox = inboxOf(connection)
    this.#options = options
    this.#handlers = handlers
    this.#now = now
    this.#heardAt = now()
    this.#deliveredAt = now()
    this.#subscription = connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error !== null) this.#break(error.message)
        else this.#received(message)
      }
    })
    this.refill()
  }

  /** Asks for more when there is room; to be called after room was made. */
  refill() {
    if (this.#over) return
    const { capacityBytes, group, maxMessages } = this.#options
    // Of several requests without a pin the broker pins one and leaves the others waiting.
    if (group !== undefined && this.#pin === "" && this.#askedMessages > 0) return
    if (this.#askedMessages > maxMessages / 4 && this.#askedBytes > capacityBytes / 4) return
    const room = capacityBytes - this.#handlers.heldBytes() - this.#askedBytes
    const messages = maxMessages - this.#askedMessages
    if (messages <= 0 || room < capacityBytes / 4) return
    if (this.#refusedBytes > 0 && room <= this.#refusedBytes && room < capacityBytes) return
    this.#refusedBytes = 0
    const request = {
      batch: messages,
      max_bytes: room,
      expires: EXPIRES_MILLIS * 1e6,
      idle_heartbeat: HEARTBEAT_MILLIS * 1e6,
      ...(group === undefined ? {} : { group, ...(this.#pin === "" ? {} : { id: this.#pin }) })
    }
    if (this.#askedMessages === 0) {
      this.#heardAt = this.#now()
      this.#deliveredAt = this.#heardAt
    }
    this.#askedMessages += messages
    this.#askedBytes += room
    const { stream, durable } = this.#options
    try {
      this.#connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify(request), {
        reply: this.#inbox
      })
    } catch (cause) {
      this.#break(cause instanceof Error ? cause.message : String(cause))
    }
  }

  /** To be called now and then: notices a broker gone silent, and asks again when nothing else prompted it. */
  tick() {
    if (this.#over) return
    if (this.#askedMessages > 0 && this.#now() - this.#heardAt > SILENCE_MILLIS) this.#break("heartbeats missed")
    else this.refill()
  }

  /** Milliseconds since the last delivery during which requests were waiting at the broker; 0 when none is. */
  get waitedMillis(): number {
    return this.#askedMessages === 0 ? 0 : this.#now() - this.#deliveredAt
  }

  close() {
    this.#over = true
    this.#subscription.unsubscribe()
  }

  #break(reason: string) {
    if (this.#over) return
    this.close()
    this.#handlers.broken(reason)
  }

  #received(message: Msg) {
    if (this.#over) return
    this.#heardAt = this.#now()
    if (message.subject === this.#inbox) {
      this.#status(message)
      return
    }
    this.#deliveredAt = this.#heardAt
    if (this.#pin === "" && this.#options.group !== undefined) this.#pin = message.headers?.get("Nats-Pin-Id") ?? ""
    this.#answered(1, messageBytes(message))
    try {
      this.#handlers.message(message)
    } catch (cause) {
      this.#break(`delivery not understood: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    this.refill()
  }

  #status(message: Msg) {
    const code = message.headers?.code
    const description = message.headers?.description ?? ""
    if (code === 100) return
    const messages = Number(message.headers?.get("Nats-Pending-Messages") || 0)
    const bytes = Number(message.headers?.get("Nats-Pending-Bytes") || 0)
    this.#answered(messages, bytes)
    if (code === 404 || code === 408) this.refill()
    else if (code === 409 && /exceeds maxbytes/i.test(description)) {
      this.#refusedBytes = Math.max(bytes, this.#options.capacityBytes / 4)
      this.refill()
    } else if (code === 409 && /batch completed/i.test(description)) this.refill()
    else this.#break(`${code ?? "no"} ${description || "responders"}`.trim())
  }

  #answered(messages: number, bytes: number) {
    this.#askedMessages = Math.max(0, this.#askedMessages - messages)
    this.#askedBytes = this.#askedMessages === 0 ? 0 : Math.max(0, this.#askedBytes - bytes)
  }
}
