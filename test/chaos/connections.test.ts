// Connections: clients of the http source that never finish, never answer, or vanish in the middle, beside honest senders.
import { connect, type Socket } from "node:net"
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase, isLong, lasting, seed } from "./chaos-case.ts"
import { services } from "./stand/services.ts"

/** Ten thousand in a long run, which takes as many open files. */
const clients = isLong ? 10_000 : 200
/** Milliseconds between two drops of a slow client. */
const dripMillis = Math.max(100, clients)
const start = () => services({ seed })

const openAll = async (collector: string, said: (client: number) => string): Promise<ReadonlyArray<Socket>> => {
  const { hostname, port } = new URL(collector)
  const sockets = Array.from({ length: clients }, (_, i) => {
    const socket = connect(Number(port), hostname)
    socket.on("error", () => undefined)
    socket.once("connect", () => socket.write(said(i)))
    socket.resume()
    return socket
  })
  await waitFor(
    () => sockets.filter(({ connecting }) => connecting).length,
    (waiting) => waiting === 0,
    { what: "all connections" }
  )
  return sockets
}

const head = (length: number): string =>
  `POST /ingest/slow HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: ${length}\r\n\r\n`

chaosCase(`${clients} slow loris`, { start }, async ({ flow, over, stand }) => {
  const sockets = await openAll(stand.collector, () => "POST /ingest/slow HTTP/1.1\r\nhost: localhost\r\n")
  const drip = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write("x-a: b\r\n")
  }, dripMillis)
  await flow(1_000)
  // The source gives a head ten seconds, and then it ends the connection by itself.
  await waitFor(
    () => sockets.filter(({ destroyed }) => !destroyed).length,
    (open) => open === 0,
    { what: "slow connections being ended" }
  )
  clearInterval(drip)
  over()
})

chaosCase(`${clients} half-open connections and broken-off bodies`, { start }, async ({ flow, over, stand }) => {
  const line = "never to be stored\n"
  const sockets = await openAll(stand.collector, (i) => head(line.length * 100) + line.repeat(i % 100))
  await flow(1_000)
  await lasting(500, 30)
  // Half of them vanish, the others say no more.
  for (const [i, socket] of sockets.entries()) if (i % 2 === 0) socket.resetAndDestroy()
  await flow(1_000)
  over()
  for (const socket of sockets) socket.destroy()
})
