// Fault proxy over real sockets: what each fault does to the bytes of a connection, and that a seed repeats it.
import { connect, createServer, type Server, type Socket } from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { bothWays, FaultProxy } from "./fault-proxy.ts"
import { waitFor } from "./wait-until.ts"

/** Connections of the server, which sends back whatever it gets. */
let served: Array<Socket> = []
let server: Server
let proxy: FaultProxy
const clients: Array<Client> = []

class Client {
  received = Buffer.alloc(0)
  chunks = 0
  ended = false
  closed = false
  error = ""
  readonly socket: Socket

  constructor() {
    this.socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true })
    this.socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      this.chunks++
    })
    this.socket.on("end", () => {
      this.ended = true
    })
    this.socket.on("error", (cause: NodeJS.ErrnoException) => {
      this.error = cause.code ?? cause.message
    })
    this.socket.on("close", () => {
      this.closed = true
    })
    clients.push(this)
  }

  until(holds: (client: Client) => boolean): Promise<Client> {
    return waitFor(() => this as Client, holds, { what: "the client", timeoutMillis: 20_000, everyMillis: 2 })
  }
}

const numbered = (bytes: number): Buffer => Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i % 251))

beforeEach(async () => {
  served = []
  server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket)
    socket.on("error", () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address !== "object") throw new Error("no port")
  proxy = await FaultProxy.start({ target: address.port, seed: 7 })
})

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy()
  await proxy.close()
  for (const socket of served) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

describe("a fault proxy", () => {
  it("passes everything both ways, and the end of each direction by itself", async () => {
    const client = new Client()
    const sent = numbered(3_000_000)
    client.socket.end(sent)
    await client.until(({ ended }) => ended)
    expect(client.received.equals(sent)).toBe(true)
    await waitFor(
      () => proxy.open,
      (open) => open === 0
    )
    expect(proxy.taken).toBe(1)
  })

  it("holds bytes back for latency and jitter, and keeps their order", async () => {
    await proxy.set(bothWays({ latencyMillis: 30, jitterMillis: 40, sliceBytes: 1_000 }))
    const client = new Client()
    const sent = numbered(20_000)
    const begun = performance.now()
    client.socket.write(sent)
    await client.until(({ received }) => received.length === sent.length)
    expect(performance.now() - begun).toBeGreaterThan(60)
    expect(client.received.equals(sent)).toBe(true)
  })

  it("lets no more pass in a second than it was told", async () => {
    await proxy.set({ toClient: { bytesPerSecond: 100_000, sliceBytes: 1_000 } })
    const client = new Client()
    const begun = performance.now()
    client.socket.write(numbered(20_000))
    await client.until(({ received }) => received.length === 20_000)
    expect(performance.now() - begun).toBeGreaterThan(190)
  })

  it("cuts what passes into slices", async () => {
    await proxy.set(bothWays({ sliceBytes: 3 }))
    const client = new Client()
    const sent = numbered(600)
    client.socket.write(sent)
    await client.until(({ received }) => received.length === 600)
    expect(client.received.equals(sent)).toBe(true)
    expect(client.chunks).toBeGreaterThan(10)
  })

  it("swallows without ending anything, and goes on where it was", async () => {
    const client = new Client()
    client.socket.write("before ")
    await client.until(({ received }) => received.length === 7)
    await proxy.set({ toClient: { swallow: true } })
    client.socket.write("held")
    await waitFor(
      () => served[0]?.bytesRead,
      (bytes) => bytes === 11
    )
    expect(String(client.received)).toBe("before ")
    await proxy.set()
    await client.until(({ received }) => String(received) === "before held")
    expect(client.closed).toBe(false)
  })

  it("resets each connection in the middle of what passes, at places that a seed repeats", async () => {
    const places = async (seed: number): Promise<ReadonlyArray<number>> => {
      await proxy.close()
      const address = server.address()
      if (address === null || typeof address !== "object") throw new Error("no port")
      proxy = await FaultProxy.start({ target: address.port, seed })
      await proxy.set({ toServer: { resetAfterBytes: 1_000 } })
      const before = served.length
      for (let i = 0; i < 3; i++) {
        const client = new Client()
        client.socket.write(numbered(5_000))
        await client.until(({ closed }) => closed)
        expect(client.error).toBe("ECONNRESET")
        await waitFor(
          () => served[before + i]?.closed,
          (closed) => closed === true
        )
      }
      return served.slice(before).map(({ bytesRead }) => bytesRead)
    }
    const first = await places(3)
    for (const place of first) {
      expect(place).toBeGreaterThanOrEqual(500)
      expect(place).toBeLessThan(1_500)
    }
    expect(new Set(first).size).toBe(3)
    expect(await places(3)).toEqual(first)
    expect(await places(4)).not.toEqual(first)
  })

  it("refuses and resets while it is down, and is up again on the same port", async () => {
    const open = new Client()
    open.socket.write("x")
    await open.until(({ received }) => received.length === 1)
    const { port } = proxy
    await proxy.set({ down: true })
    await open.until(({ closed }) => closed)
    const refused = new Client()
    await refused.until(({ closed }) => closed)
    expect(refused.error).toBe("ECONNREFUSED")
    await proxy.set()
    expect(proxy.port).toBe(port)
    const again = new Client()
    again.socket.write("again")
    await again.until(({ received }) => String(received) === "again")
  })

  it("answers in the server's place", async () => {
    const open = new Client()
    open.socket.write("x")
    await open.until(({ received }) => received.length === 1)
    await proxy.set({ answer: "HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n" })
    await open.until(({ closed }) => closed)
    const answered = new Client()
    answered.socket.write("GET / HTTP/1.1\r\n\r\n")
    await answered.until(({ ended }) => ended)
    expect(String(answered.received)).toMatch(/^HTTP\/1.1 503/)
    expect(served.length).toBe(1)
  })
})
