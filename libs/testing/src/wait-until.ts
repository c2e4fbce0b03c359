// Waiting for a condition in real time: poll until it holds or a deadline passes; the error shows the value last seen.

import { inspect } from "node:util"
import { Effect, Schema } from "effect"

export class WaitError extends Schema.TaggedError<WaitError>()("WaitError", { message: Schema.String }) {}

export interface WaitOptions {
  /** What is waited for, in words for the error. */
  readonly what?: string
  readonly timeoutMillis?: number
  readonly everyMillis?: number
}

/** Polls `read` until `holds` of its value; resolves with that value, rejects with a WaitError after the deadline. */
export const waitFor = async <A>(
  read: () => A | Promise<A>,
  holds: (value: A) => boolean,
  options: WaitOptions = {}
): Promise<A> => {
  const deadline = performance.now() + (options.timeoutMillis ?? 60_000)
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (performance.now() > deadline) {
      const what = options.what ?? "the condition"
      throw new WaitError({ message: `${what} did not come true in time, last seen: ${inspect(value, { depth: 4 })}` })
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMillis ?? 10))
  }
}

/** The same as an Effect, for tests on the live clock; a failing `read` fails the wait. */
export const waitUntil = <A, E, R>(
  read: Effect.Effect<A, E, R>,
  holds: (value: A) => boolean,
  options: WaitOptions = {}
): Effect.Effect<A, E | WaitError, R> =>
  Effect.contextWith((context) => {
    const run = Effect.runPromiseExitWith(context as never)
    let failure: Effect.Effect<never, E> | undefined
    const poll = async () => {
      const exit = await run(read as Effect.Effect<A, E>)
      if (exit._tag === "Success") return { done: holds(exit.value), value: exit.value as A | undefined }
      failure = Effect.failCause(exit.cause)
      return { done: true, value: undefined }
    }
    return Effect.tryPromise({
      try: () => waitFor(poll, (seen) => seen.done, options),
      catch: (error) => error as WaitError
    }).pipe(Effect.flatMap((seen) => failure ?? Effect.succeed(seen.value as A)))
  })
