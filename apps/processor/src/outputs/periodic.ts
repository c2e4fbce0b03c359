// Periodic: a part of a pipeline that does something from time to time, and once more at the end.
import type { Running } from "@tailrace/streams/actor"
import type { Part } from "@tailrace/streams/supervisor"
import { Deferred, Effect, Fiber } from "effect"

/** How often windows are told the time, and a snapshot that is due may be taken. */
const beatMillis = 250

/** Takes a turn every quarter of a second, one at a time; `last` is true of the one that ends it. */
export const periodic = <E, R>(name: string, turn: (last: boolean) => Effect.Effect<void, E, R>): Part<E, R> => ({
  name,
  start: Effect.gen(function* () {
    const asked = yield* Deferred.make<void>()
    const loop = Effect.gen(function* () {
      for (let last = false; !last; ) {
        last = (yield* Effect.timeoutOption(Deferred.await(asked), beatMillis))._tag === "Some"
        yield* turn(last)
      }
    })
    const done = Fiber.join(yield* Effect.forkScoped(loop))
    return { name, done, drain: Effect.andThen(Deferred.succeed(asked, undefined), done) } satisfies Running<E>
  })
})
