// ConnectionStatus: what a connection to the broker tells of itself, to whoever listens for a while.
import type { NatsConnection, Status } from "@nats-io/nats-core"
import { Effect, type Scope } from "effect"

type Listener = (status: Status) => void

const listeners = new WeakMap<NatsConnection, Set<Listener>>()

/**
 * Calls `listener` with each status of the connection until the scope ends. A status iterator of the client cannot be ended
 * before its connection and keeps everything that its reader holds, so all listeners of a connection share one.
 */
export const onStatus = (connection: NatsConnection, listener: Listener): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => listenersOf(connection).add(listener)),
    (all) => Effect.sync(() => all.delete(listener))
  ).pipe(Effect.asVoid)

const listenersOf = (connection: NatsConnection): Set<Listener> => {
  const known = listeners.get(connection)
  if (known !== undefined) return known
  const made = new Set<Listener>()
  listeners.set(connection, made)
  const tell = async () => {
    for await (const status of connection.status()) for (const listener of made) listener(status)
  }
  // It ends with the connection, whatever ended that.
  void tell().catch(() => undefined)
  return made
}
