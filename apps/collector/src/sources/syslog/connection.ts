// Connection: one sender of syslog over TCP, read only as far ahead as its unacknowledged bytes allow, and ended when idle.
import type { Socket } from "node:net"
import type { Guest } from "../../connection-room.ts"
import type { WhenFull } from "../../frames/admission.ts"
import { FirstBytes } from "../../framing/foreign-protocol.ts"
import { SyslogStream } from "../../framing/syslog-stream.ts"
import type { SourceContext } from "../../source.ts"
import type { Turns } from "../../turns.ts"
import { HandIn } from "./hand-in.ts"
import type { Partials } from "./partials.ts"
import type { Peers } from "./peers.ts"
import type { Strangers } from "./strangers.ts"

export interface ConnectionOptions {
  readonly maxMessageBytes: number
  readonly unacknowledgedBytes: number
  readonly silentMillis: number
  readonly idleMillis: number
  readonly whenFull: WhenFull
}

/** What all connections of a listener have in common. */
export interface Surroundings {
  readonly options: ConnectionOptions
  readonly peers: Peers
  readonly context: SourceContext
  readonly gate: Gate
  readonly strangers: Strangers
  readonly partials: Partials<Connection>
  readonly turns: Turns
  /** Called with the first whole message of a connection. */
  readonly spoke: (connection: Connection) => void
}

/** Holds all connections together while the intake is full: each on its own would read one chunk more than there is room. */
export class Gate {
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

/** A chunk of messages shorter than this on average costs far more than its bytes tell. */
const shortBytes = 32
/** Chunks that cannot hold many messages are read at once. */
const smallChunk = 4_096

export class Connection implements Guest {
  readonly address: string
  /** Resolves when the connection is closed and everything read from it is settled. */
  readonly finished: Promise<void>
  readonly #socket: Socket
  readonly #around: Surroundings
  readonly #stream: SyslogStream
  readonly #underWay = new Set<Promise<void>>()
  readonly #newHandIn: () => HandIn
  #handIn: HandIn
  #bytes = 0
  #ended = false
  /** Messages read so far. */
  #messages = 0
  /** Whether its messages are very short, as far as known: its chunks then wait for their turn. */
  #dense = true
  #waiting: Buffer | undefined
  /** Until it is known that the connection speaks syslog. */
  #first: FirstBytes | undefined = new FirstBytes()
  /** Until its first whole message. */
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(socket: Socket, around: Surroundings) {
    const { context, options, peers } = around
    this.#socket = socket
    this.#around = around
    this.address = socket.remoteAddress ?? "unknown"
    this.#newHandIn = () => new HandIn(peers, context, "tcp", this.address)
    this.#handIn = this.#newHandIn()
    this.#stream = new SyslogStream(options.maxMessageBytes, {
      message: (message, cut) => {
        this.#messages++
        if (this.#silence !== undefined) this.#spoke()
        this.#handIn.add(message, cut)
      },
      incomplete: () => context.counters.truncated(1)
    })
    this.#awaitMessage()
    socket.on("data", (chunk) => this.#take(chunk as Buffer))
    // The sender's end is answered with ours only when all it sent has been acknowledged.
    socket.on("end", () => this.#end().then(() => socket.end()))
    socket.on("error", () => socket.destroy())
    socket.on("timeout", () => this.#idle())
    this.finished = new Promise((resolve) => socket.once("close", () => this.#end().then(resolve)))
  }

  /** Reads no more and closes once what was read is settled. */
  async stop(): Promise<void> {
    this.#socket.pause()
    await this.#end()
    this.#socket.destroy()
    await this.finished
  }

  /** Closes at once. */
  evict(): void {
    this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  /** Reads on, unless it or all connections are held. */
  readOn(): void {
    const { gate, options } = this.#around
    if (!this.#ended && this.#waiting === undefined && !gate.held && this.#bytes < options.unacknowledgedBytes)
      this.#socket.resume()
  }

  #take(chunk: Buffer): void {
    this.#readWaiting()
    if (this.#ended) return
    if (!this.#dense || chunk.length <= smallChunk) {
      this.#read(chunk)
      return
    }
    // Of all such connections one is read in each turn of the event loop.
    this.#waiting = chunk
    this.pause()
    void this.#around.turns.next().then(() => {
      if (this.#waiting !== chunk) return
      this.#readWaiting()
      this.readOn()
    })
  }

  #readWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined && !this.#ended) this.#read(waiting)
  }

  #read(chunk: Buffer): void {
    const before = this.#messages
    const { context, gate, options, partials } = this.#around
    const bytes = this.#first === undefined ? chunk : this.#judged(this.#first.push(chunk))
    if (bytes === undefined) {
      partials.set(this, this.#first?.held ?? 0)
      return
    }
    this.#first = undefined
    this.#stream.push(bytes)
    this.#dense = (this.#messages - before) * shortBytes > chunk.length
    partials.set(this, this.#stream.held)
    this.#settle(bytes.length)
    if (this.#bytes >= options.unacknowledgedBytes) this.pause()
    if (!context.intake.hasRoom(options.whenFull)) void gate.hold()
  }

  /** The bytes to read as syslog; a browser's connection is closed without a word, so that it learns nothing. */
  #judged(judged: ReturnType<FirstBytes["push"]>): Uint8Array | undefined {
    if (typeof judged !== "string") return judged
    this.#around.strangers.count(judged, this.address)
    this.#first = undefined
    this.#ended = true
    this.#socket.destroy()
    return undefined
  }

  /** Ends the connection unless a whole message comes in time; bytes alone are none. */
  #awaitMessage(): void {
    const { context, gate, options } = this.#around
    this.#silence = setTimeout(() => {
      // What it sent may lie unread while there is no room.
      if (gate.held) return this.#awaitMessage()
      context.counters.rejected(1, "silent-connection")
      this.#socket.destroy()
    }, options.silentMillis)
  }

  #spoke(): void {
    clearTimeout(this.#silence)
    this.#silence = undefined
    this.#socket.setTimeout(this.#around.options.idleMillis)
    this.#around.spoke(this)
  }

  #idle(): void {
    const { context, options } = this.#around
    if (this.#socket.isPaused() || this.#underWay.size > 0) this.#socket.setTimeout(options.idleMillis)
    else {
      context.counters.rejected(1, "idle-connection")
      // In order: what it sent of a message is handed on, and it hears our end.
      void this.#end().then(() => this.#socket.destroySoon())
    }
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
    // By which it may end.
    this.#readWaiting()
    if (!this.#ended) {
      const rest = this.#first === undefined ? undefined : this.#judged(this.#first.end())
      if (rest !== undefined) this.#stream.push(rest)
      this.#ended = true
      this.#stream.end()
      this.#settle(0)
    }
    clearTimeout(this.#silence)
    this.#around.partials.set(this, 0)
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}
