// TCP: syslog connections (RFC 6587), each read only as far ahead as its unacknowledged bytes allow.
import { createServer, type Server, type Socket } from "node:net"
import { Effect } from "effect"
import type { WhenFull } from "../../frames/admission.ts"
import { SyslogStream } from "../../framing/syslog-stream.ts"
import { CollectorError } from "../../refusal.ts"
import type { SourceContext } from "../../source.ts"
import { within } from "../../within.ts"
import { HandIn } from "./hand-in.ts"
import type { Peers } from "./peers.ts"

export interface TcpOptions {
  readonly host: string
  readonly port: number
  readonly maxMessageBytes: number
  readonly maxConnections: number
  readonly unacknowledgedBytes: number
  readonly whenFull: WhenFull
}

/** Milliseconds that acknowledgements have at the end; the intake gives up on the rest soon after. */
const endMillis = 5_000

/** Finds senders that vanished without closing. */
const keepAliveMillis = 60_000

/** Accepts for the life of the scope; answers the port. The end waits for what was received. */
export const listenTcp = Effect.fnUntraced(function* (options: TcpOptions, peers: Peers, context: SourceContext) {
  const connections = new Set<Connection>()
  const gate = new Gate(connections, context, options.whenFull)
  const server = createServer({ allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: keepAliveMillis })
  server.maxConnections = options.maxConnections
  server.on("drop", () => context.counters.rejected(1, "too-many-connections"))
  server.on("connection", (socket) => {
    const connection = new Connection(socket, options, peers, context, gate)
    connections.add(connection)
    if (gate.held) connection.pause()
    connection.finished.then(() => connections.delete(connection))
  })
  yield* Effect.acquireRelease(listen(server, options), () =>
    Effect.promise(async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await within(endMillis, Promise.all([...connections].map((connection) => connection.stop())))
      for (const connection of connections) connection.cut()
      await closed
    })
  )
  const address = server.address()
  return address !== null && typeof address === "object" ? address.port : options.port
})

const listen = (server: Server, { host, port }: TcpOptions): Effect.Effect<void, CollectorError> =>
  Effect.callback<void, CollectorError>((resume) => {
    const failed = (cause: Error) => {
      const message = `cannot listen for syslog by tcp on ${host}:${port}: ${cause.message}, free the port or set syslog.port`
      resume(Effect.fail(new CollectorError({ message })))
    }
    server.once("error", failed)
    server.listen(port, host, () => {
      server.off("error", failed)
      resume(Effect.void)
    })
  })

/** Holds all connections together while the intake is full: each on its own would read one chunk more than there is room. */
class Gate {
  held = false
  readonly #connections: ReadonlySet<Connection>
  readonly #context: SourceContext
  readonly #whenFull: WhenFull

  constructor(connections: ReadonlySet<Connection>, context: SourceContext, whenFull: WhenFull) {
    this.#whenFull = whenFull
    this.#connections = connections
    this.#context = context
  }

  async hold(): Promise<void> {
    if (this.held) return
    this.held = true
    for (const connection of this.#connections) connection.pause()
    await this.#context.intake.room(this.#whenFull)
    this.held = false
    for (const connection of this.#connections) connection.readOn()
  }
}

class Connection {
  /** Resolves when the connection is closed and everything read from it is settled. */
  readonly finished: Promise<void>
  readonly #socket: Socket
  readonly #stream: SyslogStream
  readonly #context: SourceContext
  readonly #underWay = new Set<Promise<void>>()
  readonly #limit: number
  readonly #whenFull: WhenFull
  readonly #gate: Gate
  readonly #newHandIn: () => HandIn
  #handIn: HandIn
  #bytes = 0
  #ended = false

  constructor(socket: Socket, options: TcpOptions, peers: Peers, context: SourceContext, gate: Gate) {
    this.#gate = gate
    this.#socket = socket
    this.#context = context
    this.#limit = options.unacknowledgedBytes
    this.#whenFull = options.whenFull
    const address = socket.remoteAddress ?? "unknown"
    this.#newHandIn = () => new HandIn(peers, context, "tcp", address)
    this.#handIn = this.#newHandIn()
    this.#stream = new SyslogStream(options.maxMessageBytes, {
      message: (message, cut) => this.#handIn.add(message, cut),
      incomplete: () => context.counters.truncated(1)
    })
    socket.on("data", (chunk) => this.#take(chunk as Buffer))
    // The sender's end is answered with ours only when all it sent has been acknowledged.
    socket.on("end", () => this.#end().then(() => socket.end()))
    socket.on("error", () => socket.destroy())
    this.finished = new Promise((resolve) => socket.once("close", () => this.#end().then(resolve)))
  }

  /** Reads no more and closes once what was read is settled. */
  async stop(): Promise<void> {
    this.#socket.pause()
    await this.#end()
    this.#socket.destroy()
    await this.finished
  }

  cut(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return
    this.#stream.push(chunk)
    this.#settle(chunk.length)
    if (this.#bytes >= this.#limit) this.pause()
    if (!this.#context.intake.hasRoom(this.#whenFull)) void this.#gate.hold()
  }

  pause(): void {
    this.#socket.pause()
  }

  /** Reads on, unless it or all connections are held. */
  readOn(): void {
    if (!this.#ended && !this.#gate.held && this.#bytes < this.#limit) this.#socket.resume()
  }

  /** Waits in the background for the messages handed in so far. */
  #settle(bytes: number): void {
    const handIn = this.#handIn
    this.#handIn = this.#newHandIn()
    this.#bytes += bytes
    const under: Promise<void> = handIn.done().then(() => {
      this.#bytes -= bytes
      this.#underWay.delete(under)
      this.readOn()
    })
    this.#underWay.add(under)
  }

  async #end(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true
      this.#stream.end()
      this.#settle(0)
    }
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}
