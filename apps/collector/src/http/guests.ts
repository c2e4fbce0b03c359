// Guests: the connections of the http source; one without a request under way makes room for a newcomer.
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { ConnectionRoom, type Guest, type RoomLimits } from "../connection-room.ts"
import type { SourceCounters } from "../source-counters.ts"

/** Bounds the connections of a server, in all and by address; call it before the server listens. */
export const limitConnections = (server: Server, limits: RoomLimits, counters: SourceCounters): void => {
  const room = new ConnectionRoom(limits, () => counters.rejected(1, "connection-made-room"))
  const guests = new WeakMap<Socket, Guest>()
  server.on("connection", (socket: Socket) => {
    const guest = { address: socket.remoteAddress ?? "unknown", evict: () => void socket.destroy() }
    if (!room.enter(guest)) {
      counters.rejected(1, "too-many-connections")
      socket.destroy()
      return
    }
    guests.set(socket, guest)
    socket.once("close", () => room.leave(guest))
  })
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    const guest = guests.get(socket)
    if (guest === undefined) return
    room.wake(guest)
    response.once("close", () => room.rest(guest))
  })
}
