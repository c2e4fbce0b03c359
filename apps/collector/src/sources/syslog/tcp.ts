// TCP: syslog connections (RFC 6587), as many as there is room for.
import { createServer, type Server } from "node:net"
import { Effect } from "effect"
import { ConnectionRoom, type RoomLimits } from "../../connection-room.ts"
import { CollectorError } from "../../refusal.ts"
import type { SourceContext } from "../../source.ts"
import { Turns } from "../../turns.ts"
import { within } from "../../within.ts"
import { Connection, type ConnectionOptions, Gate } from "./connection.ts"
import { Partials } from "./partials.ts"
import type { Peers } from "./peers.ts"
import { Strangers } from "./strangers.ts"

export interface TcpOptions extends ConnectionOptions, RoomLimits {
  readonly host: string
  readonly port: number
  readonly partialBytes: number
}

/** Milliseconds that acknowledgements have at the end; the intake gives up on the rest soon after. */
const endMillis = 5_000

/** Finds senders that vanished without closing. */
const keepAliveMillis = 60_000

/** Accepts for the life of the scope; answers the port. The end waits for what was received. */
export const listenTcp = Effect.fnUntraced(function* (options: TcpOptions, peers: Peers, context: SourceContext) {
  const connections = new Set<Connection>()
  const { counters } = context
  const gate = new Gate(connections, context, options.whenFull)
  const room = new ConnectionRoom(options, () => counters.rejected(1, "connection-made-room"))
  const strangers = new Strangers(peers, context, "tcp")
  const partials = new Partials<Connection>(options.partialBytes, () => counters.rejected(1, "partial-message"))
  const turns = new Turns()
  const spoke = (connection: Connection): void => room.wake(connection)
  const server = createServer({ allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: keepAliveMillis })
  server.on("connection", (socket) => {
    const connection = new Connection(socket, { options, peers, context, gate, strangers, partials, turns, spoke })
    if (!room.enter(connection)) {
      counters.rejected(1, "too-many-connections")
      connection.evict()
      return
    }
    connections.add(connection)
    if (gate.held) connection.pause()
    connection.finished.then(() => connections.delete(connection))
    socket.once("close", () => room.leave(connection))
  })
  yield* Effect.acquireRelease(listen(server, options, context.name), () =>
    Effect.promise(async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await within(endMillis, Promise.all([...connections].map((connection) => connection.stop())))
      for (const connection of connections) connection.evict()
      await closed
    })
  )
  const address = server.address()
  return address !== null && typeof address === "object" ? address.port : options.port
})

const listen = (server: Server, { host, port }: TcpOptions, name: string): Effect.Effect<void, CollectorError> =>
  Effect.callback<void, CollectorError>((resume) => {
    const failed = (cause: Error) => {
      const message = `cannot listen for syslog by tcp on ${host}:${port}: ${cause.message}, free the port or give the source ${name} another`
      resume(Effect.fail(new CollectorError({ message })))
    }
    server.once("error", failed)
    server.listen(port, host, () => {
      server.off("error", failed)
      resume(Effect.void)
    })
  })
