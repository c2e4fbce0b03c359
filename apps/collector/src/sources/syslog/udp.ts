// UDP: syslog datagrams, one message each (RFC 5426). The sender cannot be told, so what there is no room for is counted.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram"
import { isIPv6 } from "node:net"
import { Effect } from "effect"
import { dropReasons, type WhenFull } from "../../frames/admission.ts"
import { foreignDatagram } from "../../framing/foreign-protocol.ts"
import { withoutLineEnd } from "../../framing/syslog-stream.ts"
import { CollectorError } from "../../refusal.ts"
import type { SourceContext } from "../../source.ts"
import { within } from "../../within.ts"
import { HandIn } from "./hand-in.ts"
import { KernelDrops } from "./kernel-drops.ts"
import type { Peers } from "./peers.ts"
import { Strangers } from "./strangers.ts"

export interface UdpOptions {
  readonly host: string
  readonly port: number
  readonly maxMessageBytes: number
  readonly unacknowledgedBytes: number
  readonly receiveBufferBytes: number
  readonly whenFull: WhenFull
}

/** Milliseconds that acknowledgements have at the end. */
const endMillis = 5_000

/** Milliseconds between two looks at what the kernel dropped. */
const kernelMillis = 1_000

/** Milliseconds that datagrams which the kernel still holds have to be read at the end. */
const drainMillis = 500

/** Receives for the life of the scope; answers the port. The end waits for what was received. */
export const listenUdp = Effect.fnUntraced(function* (options: UdpOptions, peers: Peers, context: SourceContext) {
  const receiver = new Receiver(options, peers, context)
  return yield* Effect.acquireRelease(receiver.open, () => Effect.promise(() => receiver.close()))
})

class Receiver {
  readonly #options: UdpOptions
  readonly #peers: Peers
  readonly #context: SourceContext
  readonly #socket: Socket
  readonly #strangers: Strangers
  /** Of the socket once it is bound. */
  #drops: KernelDrops | undefined
  #looking: ReturnType<typeof setInterval> | undefined
  /** Datagrams of this turn of the event loop, by sender. */
  readonly #turn = new Map<string, HandIn>()
  readonly #underWay = new Set<Promise<void>>()
  #turnBytes = 0
  #bytes = 0

  constructor(options: UdpOptions, peers: Peers, context: SourceContext) {
    this.#options = options
    this.#peers = peers
    this.#context = context
    this.#strangers = new Strangers(peers, context, "udp")
    this.#socket = createSocket({ type: isIPv6(options.host) ? "udp6" : "udp4" })
    this.#socket.on("message", (message, peer) => this.#take(message, peer))
  }

  get open(): Effect.Effect<number, CollectorError> {
    return Effect.callback<number, CollectorError>((resume) => {
      const { host, port } = this.#options
      const failed = (cause: Error) => {
        const message = `cannot listen for syslog by udp on ${host}:${port}: ${cause.message}, free the port or give the source ${this.#context.name} another`
        resume(Effect.fail(new CollectorError({ message })))
      }
      this.#socket.once("error", failed)
      this.#socket.bind(port, host, () => {
        this.#socket.off("error", failed)
        this.#socket.on("error", (cause) => this.#context.warn(`syslog by udp: ${cause.message}`))
        try {
          this.#socket.setRecvBufferSize(this.#options.receiveBufferBytes)
        } catch (cause) {
          this.#context.warn(`syslog by udp keeps the system's receive buffer: ${cause}`)
        }
        const bound = this.#socket.address().port
        this.#drops = new KernelDrops(bound, isIPv6(host))
        this.#looking = setInterval(() => this.#countDrops(), kernelMillis)
        resume(Effect.succeed(bound))
      })
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#looking)
    // What the kernel holds is read as long as it is given time, and what it dropped is known only while the socket is open.
    const until = performance.now() + drainMillis
    while ((this.#drops?.waitingBytes() ?? 0) > 0 && performance.now() < until) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#countDrops()
    await new Promise<void>((resolve) => this.#socket.close(resolve))
    this.#endTurn()
    await within(endMillis, Promise.all(this.#underWay))
  }

  #countDrops(): void {
    const dropped = this.#drops?.since() ?? 0
    if (dropped === 0) return
    this.#context.counters.rejected(dropped, "udp-kernel")
    this.#context.intake.countLost(this.#peers.lost, dropped, dropReasons.kernel)
  }

  #take(datagram: Buffer, { address }: RemoteInfo): void {
    const foreign = foreignDatagram(datagram)
    if (foreign !== undefined) {
      this.#strangers.count(foreign, address)
      return
    }
    const { maxMessageBytes, unacknowledgedBytes, whenFull } = this.#options
    if (this.#bytes + datagram.length > unacknowledgedBytes || !this.#context.intake.hasRoom(whenFull)) {
      this.#context.counters.rejected(1, "udp-no-room")
      this.#context.intake.countLost(this.#peers.lost, 1)
      return
    }
    if (this.#turn.size === 0) setImmediate(() => this.#endTurn())
    let handIn = this.#turn.get(address)
    if (handIn === undefined) {
      handIn = new HandIn(this.#peers, this.#context, "udp", address)
      this.#turn.set(address, handIn)
    }
    this.#bytes += datagram.length
    this.#turnBytes += datagram.length
    const message = withoutLineEnd(datagram)
    const kept = Math.min(message.length, maxMessageBytes)
    handIn.add(message.subarray(0, kept), message.length - kept)
  }

  /** One wait for an acknowledgement per sender and turn, not one per datagram. */
  #endTurn(): void {
    const bytes = this.#turnBytes
    this.#turnBytes = 0
    const handIns = [...this.#turn.values()]
    this.#turn.clear()
    if (handIns.length === 0) return
    const under: Promise<void> = Promise.all(handIns.map((handIn) => handIn.done())).then(() => {
      this.#bytes -= bytes
      this.#underWay.delete(under)
    })
    this.#underWay.add(under)
  }
}
