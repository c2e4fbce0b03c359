// Caller of a connection: by whose turns its reads of the store go.
import type { Socket } from "node:net"
import type { Caller } from "./read-queue.ts"

/** The same object for the whole life of a connection. */
export const callerOf = (socket: Socket): Caller => {
  const known = callers.get(socket)
  if (known !== undefined) return known
  const caller = { address: socket.remoteAddress ?? "", connection: socket }
  callers.set(socket, caller)
  return caller
}

const callers = new WeakMap<Socket, Caller>()
