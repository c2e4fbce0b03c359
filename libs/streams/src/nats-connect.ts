// NATS connect: the client's connection over a socket that reads into one buffer and hands on whole messages.
import { connect as dialSocket, type Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import {
  createInbox,
  type NatsConnection,
  NatsConnectionImpl,
  type NodeConnectionOptions,
  setTransportFactory
} from "@nats-io/transport-node"
import { NodeTransport, nodeResolveHost } from "@nats-io/transport-node/lib/node_transport.js"
import { WholeMessages } from "./whole-messages.ts"

/** Bytes read from the socket at once, at most. */
const readBytes = 1 << 18

interface Address {
  readonly hostname: string
  readonly port: number
}

/**
 * The client's own transport has a new buffer allocated for every read, and a message cut in two copied and copied
 * again: four times its bytes, which the garbage collector then has to find.
 */
class WholeMessageTransport extends NodeTransport {
  #address: Address = { hostname: "", port: 0 }

  override dial(address: Address): Promise<Socket> {
    this.#address = address
    const whole = new WholeMessages()
    return new Promise((resolve, reject) => {
      const socket = dialSocket({
        port: address.port,
        host: address.hostname,
        onread: {
          buffer: new Uint8Array(readBytes),
          callback: (length, buffer) => {
            const messages = whole.receive(buffer.subarray(0, length))
            if (messages !== undefined) socket.emit("data", messages)
            return true
          }
        }
      })
      socket.setNoDelay(true)
      let failure: Error | undefined
      socket.on("error", (error) => {
        failure = error
      })
      socket.on("close", () => reject(failure))
      socket.on("connect", () => {
        socket.removeAllListeners()
        resolve(socket)
      })
    })
  }

  /** Encryption wants a socket that leaves reading to it. */
  override async startTLS(): Promise<TLSSocket> {
    this.socket.destroy()
    this.yields = []
    this.socket = await super.dial(this.#address)
    await this.peekInfo()
    return super.startTLS()
  }
}

/** A subject for answers to what this connection asks, which other users of the broker cannot hear where it has a prefix. */
export const inboxOf = (connection: NatsConnection): string =>
  createInbox(connection instanceof NatsConnectionImpl ? connection.options.inboxPrefix : undefined)

/** `connect` of the client, whose options these are. */
export const connect = (options: NodeConnectionOptions): Promise<NatsConnection> => {
  setTransportFactory({ factory: () => new WholeMessageTransport(), dnsResolveFn: nodeResolveHost })
  return NatsConnectionImpl.connect(options)
}
