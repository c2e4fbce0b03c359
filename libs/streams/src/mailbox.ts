// Mailbox: the bounded queue before an actor; bounded by bytes and by count, full means back-pressure, ends by draining.
import { Effect, Schema } from "effect"

/** The mailbox was ended and everything in it has been taken. */
export class MailboxClosed extends Schema.TaggedError<MailboxClosed>()("MailboxClosed", { message: Schema.String }) {}

export interface MailboxOptions {
  /** Offers wait while this many bytes are held; one larger item may be held alone. */
  readonly capacityBytes: number
  readonly capacityCount?: number
  /** Called after items were taken, for a producer that is no fibre. */
  readonly onRoom?: () => void
}

interface Held<A> {
  readonly item: A
  readonly bytes: number
}

interface Waiting<A> extends Held<A> {
  readonly resume: (accepted: boolean) => void
}

type Items<A> = [A, ...Array<A>]

export class Mailbox<A, E = never> {
  readonly #options: MailboxOptions
  #held: Array<Held<A>> = []
  #head = 0
  #bytes = 0
  readonly #offers = new Set<Waiting<A>>()
  readonly #takers = new Set<() => void>()
  #end: Effect.Effect<never, E | MailboxClosed> | undefined

  constructor(options: MailboxOptions) {
    this.#options = options
  }

  /** Bytes held, waiting offers not counted. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#held.length - this.#head
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  /** Waits for room. False when the mailbox has ended: the item was not taken in. */
  offer(item: A, bytes: number): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      if (this.#end !== undefined) return Effect.succeed(false)
      if (this.#offers.size === 0 && this.#hasRoom(bytes)) {
        this.putUnsafe(item, bytes)
        return Effect.succeed(true)
      }
      return Effect.callback<boolean>((resume) => {
        const waiting = { item, bytes, resume: (accepted: boolean) => resume(Effect.succeed(accepted)) }
        this.#offers.add(waiting)
        return Effect.sync(() => this.#offers.delete(waiting))
      })
    })
  }

  /** Takes an item in whatever the bounds, for producers that keep the bounds themselves. False when ended. */
  putUnsafe(item: A, bytes: number): boolean {
    if (this.#end !== undefined) return false
    this.#held.push({ item, bytes })
    this.#bytes += bytes
    this.#wake()
    return true
  }

  /** The oldest item; waits for one. Fails with MailboxClosed once ended and empty, or with the failure given to fail. */
  get take(): Effect.Effect<A, E | MailboxClosed> {
    return this.#taking(() => this.#shift())
  }

  /** Everything held, oldest first, at least one item. */
  get takeAll(): Effect.Effect<Items<A>, E | MailboxClosed> {
    return this.#taking(() => {
      const items: Array<A> = []
      while (this.count > 0) items.push(this.#shift())
      return items as Items<A>
    })
  }

  /** No more offers; what is held can still be taken, also what offers are waiting with. */
  end(): void {
    this.#finish(Effect.fail(new MailboxClosed({ message: "mailbox ended" })))
  }

  /** Takers fail at once, what is held is let go. */
  fail(error: E): void {
    this.#finish(Effect.fail(error))
    this.#held = []
    this.#head = 0
    this.#bytes = 0
  }

  #finish(end: Effect.Effect<never, E | MailboxClosed>) {
    if (this.#end !== undefined) return
    for (const waiting of this.#offers) {
      this.#held.push(waiting)
      this.#bytes += waiting.bytes
      waiting.resume(true)
    }
    this.#offers.clear()
    this.#end = end
    this.#wake()
  }

  #hasRoom(bytes: number): boolean {
    if (this.count === 0) return true
    const { capacityBytes, capacityCount = Number.POSITIVE_INFINITY } = this.#options
    return this.count < capacityCount && this.#bytes + bytes <= capacityBytes
  }

  #shift(): A {
    const held = this.#held[this.#head] as Held<A>
    this.#held[this.#head++] = undefined as unknown as Held<A>
    if (this.#head > 256 && this.#head * 2 > this.#held.length) {
      this.#held = this.#held.slice(this.#head)
      this.#head = 0
    }
    this.#bytes -= held.bytes
    return held.item
  }

  #taking<B>(read: () => B): Effect.Effect<B, E | MailboxClosed> {
    return Effect.suspend(() => {
      if (this.count > 0) return Effect.succeed(this.#taken(read()))
      if (this.#end !== undefined) return this.#end
      return Effect.callback<void>((resume) => {
        const wake = () => resume(Effect.void)
        this.#takers.add(wake)
        return Effect.sync(() => this.#takers.delete(wake))
      }).pipe(Effect.andThen(this.#taking(read)))
    })
  }

  #taken<B>(value: B): B {
    for (const waiting of this.#offers) {
      if (!this.#hasRoom(waiting.bytes)) break
      this.#offers.delete(waiting)
      this.#held.push(waiting)
      this.#bytes += waiting.bytes
      waiting.resume(true)
    }
    this.#options.onRoom?.()
    return value
  }

  /** Wakes all takers; those that find nothing wait again. There is one taker as a rule: the actor. */
  #wake() {
    const takers = [...this.#takers]
    this.#takers.clear()
    for (const wake of takers) wake()
  }
}
