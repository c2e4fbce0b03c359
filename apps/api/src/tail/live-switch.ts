// Live switch: listens to live batches only while there are tails, so that nobody encodes for no reader.
import { openAnnouncedEnds } from "@tailrace/streams/announced-ends"
import { onStatus } from "@tailrace/streams/connection-status"
import { subscribeLive } from "@tailrace/streams/live"
import { Nats } from "@tailrace/streams/nats"
import { Effect, Exit, Scope } from "effect"
import type { Told } from "./live-judge.ts"

export interface LiveSwitch {
  /** Resolves when everything published from then on is received; `receive` gets an encoded batch, for the call only. */
  readonly open: (receive: (bytes: Uint8Array, told: Told) => void) => Promise<void>
  readonly close: () => void
}

/** A switch that is off; the end of the scope turns it off. `interrupted` is called when the broker was away meanwhile. */
export const makeLiveSwitch = Effect.fnUntraced(function* (interrupted: () => void) {
  const services = yield* Effect.context<Nats>()
  const { control } = yield* Nats
  let scope: Scope.Closeable | undefined
  const close = (): void => {
    const open = scope
    scope = undefined
    if (open !== undefined) Effect.runForkWith(services)(Scope.close(open, Exit.void))
  }
  const ends = yield* openAnnouncedEnds
  const open = (receive: (bytes: Uint8Array, told: Told) => void): Promise<void> => {
    const opened = Scope.makeUnsafe()
    scope = opened
    const listen = subscribeLive(({ behind, bytes, partition }) => {
      if (scope === opened) receive(bytes, { partition, behind, announced: ends.of(partition) })
    })
    return Effect.runPromiseWith(services)(Scope.provide(listen, opened))
  }
  yield* Effect.addFinalizer(() => Effect.sync(close))
  yield* onStatus(control, ({ type }) => {
    if (type === "reconnect") interrupted()
  })
  return { open, close } satisfies LiveSwitch
})
