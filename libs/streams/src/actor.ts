// Actor: a fibre that owns one stage and takes one batch at a time from its mailbox; its state can be looked at.
import { Clock, Effect, Fiber, type Scope } from "effect"
import { elapsedMillis } from "./elapsed.ts"
import type { Mailbox } from "./mailbox.ts"

/** Something that runs until it is drained or fails: an actor, a hop, a source. */
export interface Running<E> {
  readonly name: string
  /** Completes after draining; fails when it broke. */
  readonly done: Effect.Effect<void, E>
  /** Takes in nothing more, finishes what it has, and completes when that is done. */
  readonly drain: Effect.Effect<void, E>
}

export interface ActorState {
  readonly name: string
  /** Items finished. */
  readonly processed: number
  /** Working on an item now. */
  readonly busy: boolean
  /** Milliseconds spent on items since it started. */
  readonly busyMillis: number
  /** Items waiting, and their bytes. */
  readonly mailbox: number
  readonly mailboxBytes: number
}

export interface Actor<E> extends Running<E> {
  readonly state: () => ActorState
}

export interface ActorOptions<A, E, R> {
  readonly name: string
  readonly mailbox: Mailbox<A>
  /** The stage's work on one item, ending with the hand-over to the next mailbox. */
  readonly receive: (item: A) => Effect.Effect<void, E, R>
  /** After the last item of a drained mailbox: flush what is open, end the next mailbox. */
  readonly finish?: Effect.Effect<void, E, R>
}

/** Starts an actor that lives as long as the scope. One item at a time, so a stage's state needs no lock. */
export const startActor = Effect.fnUntraced(function* <A, E, R>(
  options: ActorOptions<A, E, R>
): Effect.fn.Return<Actor<E>, never, R | Scope.Scope> {
  const { name, mailbox, receive, finish = Effect.void } = options
  const now = elapsedMillis(yield* Clock.Clock)
  let processed = 0
  let busyMillis = 0
  let busySince: number | undefined
  const next = mailbox.take.pipe(
    Effect.map((item) => ({ item })),
    Effect.catchTag("MailboxClosed", () => Effect.succeed(undefined))
  )
  const loop = Effect.gen(function* () {
    for (;;) {
      const taken = yield* next
      if (taken === undefined) break
      const since = now()
      busySince = since
      yield* receive(taken.item)
      busyMillis += now() - since
      busySince = undefined
      processed++
    }
    yield* finish
  })
  const fibre = yield* Effect.forkScoped(loop)
  const done = Fiber.join(fibre)
  return {
    name,
    done,
    drain: Effect.suspend(() => {
      mailbox.end()
      return done
    }),
    state: () => ({
      name,
      processed,
      busy: busySince !== undefined,
      busyMillis: busyMillis + (busySince === undefined ? 0 : now() - busySince),
      mailbox: mailbox.count,
      mailboxBytes: mailbox.bytes
    })
  }
})
