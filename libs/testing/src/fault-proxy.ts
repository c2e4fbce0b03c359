// Fault proxy: stands between a client and a server on TCP and delays, slows, slices, swallows, resets or refuses, as told.
import { connect, createServer, type Server, type Socket } from "node:net"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { FaultLane, type LaneFaults } from "./fault-lane.ts"

export interface Faults {
  /** From the client to the server. */
  readonly toServer?: LaneFaults
  /** From the server to the client. */
  readonly toClient?: LaneFaults
  /** Connections are refused, and those open are reset. */
  readonly down?: boolean
  /** Whatever a client of a new connection sends is answered with this text, and the server is not asked. */
  readonly answer?: string
}

export interface FaultProxyOptions {
  /** Port of the server, on loopback. */
  readonly target: number
  /** Of jitter and resets; 1 by default. */
  readonly seed?: number
}

interface Link {
  readonly toServer: FaultLane
  readonly toClient: FaultLane
  readonly reset: () => void
}

/** The same fault both ways. */
export const bothWays = (faults: LaneFaults): Faults => ({ toServer: faults, toClient: faults })

export class FaultProxy {
  /** Where clients connect; stays the same while it is down. */
  port = 0
  /** Connections taken so far. */
  taken = 0
  private readonly target: number
  private readonly random: () => number
  private readonly links = new Set<Link>()
  private readonly answering = new Set<Socket>()
  private faults: Faults = {}
  private server: Server | undefined

  private constructor(options: FaultProxyOptions) {
    this.target = options.target
    this.random = seededRandom(options.seed ?? 1)
  }

  /** A proxy without faults on a free port. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    await proxy.listen()
    return proxy
  }

  /** Connections open now. */
  get open(): number {
    return this.links.size
  }

  /** Replaces all faults; those of lanes take effect on open connections too. No argument: all is well again. */
  async set(faults: Faults = {}): Promise<void> {
    this.faults = faults
    if (faults.answer === undefined) for (const socket of this.answering) socket.destroy()
    else this.reset()
    for (const link of this.links) this.apply(link)
    if (faults.down === true) await this.close()
    else if (this.server === undefined) await this.listen()
  }

  /** Resets every open connection, in the middle of whatever passes. */
  reset(): void {
    for (const link of [...this.links]) link.reset()
  }

  /** Refuses from now on and resets what is open. */
  async close(): Promise<void> {
    const { server } = this
    this.server = undefined
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
    this.reset()
    for (const socket of this.answering) socket.destroy()
    await closed
  }

  private listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (client) => this.take(client))
      this.server = server
      server.once("error", reject)
      server.listen(this.port, "127.0.0.1", () => {
        const address = server.address()
        if (address !== null && typeof address === "object") this.port = address.port
        resolve()
      })
    })
  }

  private take(client: Socket): void {
    this.taken++
    client.on("error", () => undefined)
    const { answer } = this.faults
    if (answer !== undefined) {
      this.answering.add(client)
      client.once("data", () => client.end(answer))
      client.once("close", () => this.answering.delete(client))
      return
    }
    client.setNoDelay(true)
    const server = connect({ port: this.target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    let over = false
    const end = (hard: boolean): void => {
      if (over) return
      over = true
      this.links.delete(link)
      toServer.close()
      toClient.close()
      for (const socket of [client, server]) hard ? socket.resetAndDestroy() : socket.destroy()
    }
    const reset = (): void => end(true)
    const toServer = new FaultLane(client, server, this.random, reset)
    const toClient = new FaultLane(server, client, this.random, reset)
    const link = { toServer, toClient, reset }
    this.links.add(link)
    this.apply(link)
    server.on("error", reset)
    client.on("error", reset)
    const closed = (): void => {
      if (client.closed && server.closed) end(false)
    }
    client.once("close", closed)
    server.once("close", closed)
  }

  private apply({ toClient, toServer }: Link): void {
    toServer.set(this.faults.toServer ?? {})
    toClient.set(this.faults.toClient ?? {})
  }
}
