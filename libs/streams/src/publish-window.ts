// Publish window: publishes in flight on one connection, bounded by bytes, answered over one shared inbox.
import type { Msg, MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core"
import { backoffMillis } from "./backoff.ts"
import { inboxOf } from "./nats-connect.ts"
import { type Answer, PublishError, readAnswer } from "./publish-error.ts"

export interface WindowOptions {
  /** Publishes wait while this many bytes are unacknowledged; one larger message may go alone. */
  readonly maxInFlightBytes: number
  /** Milliseconds without an answer until the same message is sent again for the first time. */
  readonly attemptTimeoutMillis: number
  /** Milliseconds until a publish fails with "unavailable"; must stay below the streams' duplicate window. */
  readonly deadlineMillis: number
  readonly onRetry: () => void
  /** Numbers in [0, 1). */
  readonly random: () => number
}

export interface Publish {
  readonly subject: string
  readonly payload: Uint8Array
  readonly headers: MsgHdrs | undefined
  readonly bytes: number
  readonly settle: (answer: Exclude<Answer, { kind: "again" }>) => void
  /** Milliseconds from its start until it fails with "unavailable". */
  readonly deadlineMillis: number
  startedAt: number
  /** Attempts so far, over this connection. */
  attempts: number
  /** When the next attempt is due. */
  repeatAt: number
  lastProblem: string
}

const NO_RESPONDERS = "503"

/** Attempts, answers and timeouts. Not an Effect inside: one publish costs a map entry and a number. */
export class PublishWindow {
  readonly #connection: NatsConnection
  readonly #options: WindowOptions
  readonly #now: () => number
  readonly #inbox: string
  readonly #inFlight = new Map<number, Publish>()
  readonly #waiting = new Set<Publish>()
  readonly #subscription: Subscription
  #bytes = 0
  #next = 0
  #connected = true

  constructor(connection: NatsConnection, options: WindowOptions, now: () => number) {
    this.#connection = connection
    this.#inbox = inboxOf(connection)
    this.#options = options
    this.#now = now
    const prefix = this.#inbox.length + 1
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answered(Number.parseInt(message.subject.slice(prefix), 36), message)
      }
    })
  }

  get bytes() {
    return this.#bytes
  }

  /** Whether nothing is in flight and nothing waits, so that no sweep can find anything. */
  get idle() {
    return this.#inFlight.size === 0 && this.#waiting.size === 0
  }

  /** Sends now or as soon as the window has room, in the order of the calls. */
  add(publish: Publish) {
    publish.startedAt = this.#now()
    if (this.#waiting.size === 0 && this.#hasRoom(publish)) this.#admit(publish)
    else this.#waiting.add(publish)
  }

  /** Forgets a publish nobody waits for any more; it may have been stored all the same. */
  remove(publish: Publish) {
    if (this.#waiting.delete(publish)) return
    for (const [token, one] of this.#inFlight) if (one === publish) this.#release(token, publish)
  }

  disconnected() {
    this.#connected = false
  }

  /** What was in flight over a lost connection never gets its answer: everything is sent again, in order. */
  reconnected() {
    this.#connected = true
    for (const [token, publish] of this.#inFlight) {
      publish.attempts = 0
      this.#send(token, publish, true)
    }
  }

  /** Repeats overdue attempts and fails those past their deadline. */
  sweep() {
    const now = this.#now()
    for (const [token, publish] of this.#inFlight) {
      if (now - publish.startedAt >= publish.deadlineMillis) {
        this.#release(token, publish)
        publish.settle({ kind: "error", error: this.#overdue(publish) })
      } else if (now >= publish.repeatAt) this.#send(token, publish, true)
    }
    for (const publish of this.#waiting) {
      if (now - publish.startedAt < publish.deadlineMillis) continue
      this.#waiting.delete(publish)
      publish.settle({ kind: "error", error: this.#overdue(publish) })
    }
  }

  close() {
    this.#subscription.unsubscribe()
  }

  #overdue(publish: Publish) {
    const noStream = publish.lastProblem === NO_RESPONDERS
    return new PublishError({
      reason: noStream ? "no-stream" : "unavailable",
      message: noStream
        ? `no stream takes subject ${publish.subject}, run the streams set-up or correct the subject`
        : `publish to ${publish.subject} not acknowledged within ${publish.deadlineMillis} ms, last: ${publish.lastProblem}`
    })
  }

  #hasRoom(publish: Publish) {
    return this.#bytes === 0 || this.#bytes + publish.bytes <= this.#options.maxInFlightBytes
  }

  #admit(publish: Publish) {
    const token = ++this.#next
    this.#inFlight.set(token, publish)
    this.#bytes += publish.bytes
    this.#send(token, publish, false)
  }

  #send(token: number, publish: Publish, again: boolean) {
    const { attemptTimeoutMillis, random } = this.#options
    publish.repeatAt = this.#now() + backoffMillis(publish.attempts, { first: attemptTimeoutMillis }, random)
    if (!this.#connected) {
      publish.lastProblem = "disconnected from nats"
      return
    }
    publish.attempts++
    if (again) this.#options.onRetry()
    const reply = `${this.#inbox}.${token.toString(36)}`
    try {
      const headers = publish.headers
      this.#connection.publish(publish.subject, publish.payload, headers === undefined ? { reply } : { reply, headers })
      publish.lastProblem = "no answer"
    } catch (cause) {
      publish.lastProblem = cause instanceof Error ? cause.message : String(cause)
    }
  }

  #release(token: number, publish: Publish) {
    this.#inFlight.delete(token)
    this.#bytes -= publish.bytes
    for (const waiting of this.#waiting) {
      if (!this.#hasRoom(waiting)) break
      this.#waiting.delete(waiting)
      this.#admit(waiting)
    }
  }

  #answered(token: number, message: Msg) {
    const publish = this.#inFlight.get(token)
    if (publish === undefined) return
    if (message.data.length === 0 && message.headers?.code === 503) {
      // No responders: no stream, or JetStream not up again yet. The sweep tries once more and then gives up on it.
      const again = publish.lastProblem === NO_RESPONDERS
      publish.lastProblem = NO_RESPONDERS
      if (!again && this.#now() - publish.startedAt < this.#options.attemptTimeoutMillis) return
      this.#release(token, publish)
      publish.settle({ kind: "error", error: this.#overdue(publish) })
      return
    }
    const answer = readAnswer(publish.subject, message.string())
    if (answer.kind === "again") {
      publish.lastProblem = answer.detail
      return
    }
    this.#release(token, publish)
    publish.settle(answer)
  }
}
