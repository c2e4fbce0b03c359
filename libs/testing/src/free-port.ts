// A TCP port on loopback that nobody listens on at the moment of asking.
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/** Below the ports that systems give to clients: one of those may be taken before anybody listens on it. */
const lowest = 10_000
const highest = 32_000
const given = new Set<number>()

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(lowest, highest)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
