// Tests of the peer guard with real sockets of this user and of another, and with tables as the kernel writes them.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { isLoopback, openPeerGuard, type PeerRule } from "./peer-owner.ts"
import { TcpTable } from "./tcp-table.ts"

const ends: Array<() => void> = []
afterAll(() => {
  for (const end of ends) end()
})

const listen = async (host: string): Promise<Server> => {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve))
  ends.push(() => server.close())
  return server
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port

const accepted = (server: Server): Promise<Socket> =>
  new Promise((resolve) =>
    server.once("connection", (socket) => {
      ends.push(() => socket.destroy())
      socket.on("error", () => undefined)
      resolve(socket)
    })
  )

const guard = (host: string, peers?: PeerRule, table?: TcpTable) =>
  openPeerGuard({ listener: "the api", host, peers, advice: "ask", ...(table === undefined ? {} : { table }) })

const socketBetween = async (server: Server, host: string): Promise<Socket> => {
  const other = accepted(server)
  const socket = connect(portOf(server), host)
  ends.push(() => socket.destroy())
  return other
}

/** Tables that say of a connection what is given, in the kernel's columns. */
const tableOf = (rows: (local: string, remote: string) => ReadonlyArray<string>, socket: Socket): TcpTable => {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-tables-"))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const end = (port = 0): string => `0100007F:${port.toString(16).padStart(4, "0").toUpperCase()}`
  const lines = rows(end(socket.remotePort), end(socket.localPort)).map(
    (row, i) => `${String(i).padStart(4)}: ${row} 1 0 20 4 30 10 -1`
  )
  writeFileSync(join(folder, "tcp"), ["  sl  local_address ...", ...lines, ""].join("\n"))
  return new TcpTable(folder)
}
const row = (local: string, remote: string, state: string, uid: number, inode: number): string =>
  `${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode}`

/** Connects as user 65534 and stays until its standard input ends. */
const strangerTo = (port: number): void => {
  const script = `require("node:net").connect(${port}, "127.0.0.1"); process.stdin.resume().on("end", () => process.exit())`
  const child = spawn(process.execPath, ["-e", script], {
    uid: 65_534,
    gid: 65_534,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"]
  })
  ends.push(() => child.kill("SIGKILL"))
}

const linux = process.platform === "linux"
const isRoot = process.getuid?.() === 0

describe.skipIf(!linux)("the peer guard", () => {
  it("answers its own user over IPv4, IPv6 and IPv4 in IPv6's spelling", async () => {
    for (const [host, to] of [
      ["127.0.0.1", "127.0.0.1"],
      ["::1", "::1"],
      ["::", "127.0.0.1"],
      ["127.0.0.1", "::ffff:127.0.0.1"]
    ] as const) {
      const server = await listen(host).catch(() => undefined)
      // A machine may have no IPv6.
      if (server === undefined) continue
      const socket = await socketBetween(server, to)
      expect(await (await guard(host, "same-user")).problem(socket), `${host} from ${to}`).toBeUndefined()
    }
  })

  it.skipIf(!isRoot)("refuses another user, says which, and does not ask again about the same connection", async () => {
    const server = await listen("127.0.0.1")
    const coming = accepted(server)
    strangerTo(portOf(server))
    const socket = await coming
    const closed = await guard("127.0.0.1")
    expect(await closed.problem(socket)).toBe(
      "the api answers user 0 of this machine alone and this connection is user 65534's: ask"
    )
    expect(closed.problem(socket)).toBe(closed.problem(socket))
    expect(await (await guard("127.0.0.1", "any")).problem(socket)).toBeUndefined()
  })

  it("believes no row that nobody holds, which the kernel writes as user 0, nor the other direction's", async () => {
    const socket = await socketBetween(await listen("127.0.0.1"), "127.0.0.1")
    const judged = async (rows: (local: string, remote: string) => ReadonlyArray<string>) =>
      (await guard("127.0.0.1", undefined, tableOf(rows, socket))).problem(socket)
    expect(await judged((a, b) => [row(a, b, "06", 0, 0)])).toContain("nobody's")
    expect(await judged((a, b) => [row(a, b, "01", 0, 0)])).toContain("nobody's")
    expect(await judged((a, b) => [row(b, a, "01", 0, 7)])).toContain("nobody's")
    expect(await judged((a, b) => [row(b, a, "01", 0, 7), row(a, b, "01", 4_321, 8)])).toContain("user 4321's")
    expect(await judged((a, b) => [row(a, b, "06", 0, 0), row(a, b, "01", 0, 8)])).toBeUndefined()
    expect(await judged((a, b) => [row(a, b, "05", 0, 8)])).toBeUndefined()
    expect(await judged(() => [])).toContain("nobody's")
  })

  it("looks once more for a socket that hid behind others coming and going", async () => {
    const socket = await socketBetween(await listen("127.0.0.1"), "127.0.0.1")
    const answers = [undefined, process.geteuid?.()]
    const table = new TcpTable()
    table.ownerOf = async () => answers.shift()
    expect(await (await guard("127.0.0.1", undefined, table)).problem(socket)).toBeUndefined()
    expect(answers).toEqual([])
  })

  it("does not judge where it cannot know, and says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tailrace-no-tables-"))
    ends.push(() => rmSync(folder, { recursive: true }))
    const blind = await guard("127.0.0.1", undefined, new TcpTable(folder))
    expect(blind.judges).toBe(false)
    expect(blind.detail).toContain("does not tell who owns a connection")
    const open = await guard("0.0.0.0")
    expect([open.judges, open.detail]).toEqual([false, "the api answers whoever reaches 0.0.0.0"])
    expect((await guard("0.0.0.0", "same-user")).judges).toBe(true)
  })

  it("finds a socket among thousands, many asked for at once, in few reads", async () => {
    const server = await listen("127.0.0.1")
    server.on("connection", (socket) => socket.on("error", () => undefined))
    const sockets = await Promise.all(Array.from({ length: 200 }, () => socketOf(portOf(server))))
    ends.push(() => {
      for (const socket of sockets) socket.destroy()
    })
    const table = new TcpTable()
    const near = (socket: Socket) => ({ address: socket.localAddress ?? "", port: socket.localPort ?? 0 })
    const far = (socket: Socket) => ({ address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 })
    const owners = await Promise.all(sockets.map((socket) => table.ownerOf(near(socket), far(socket))))
    expect(new Set(owners)).toEqual(new Set([process.geteuid?.()]))
  })
})

const socketOf = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket))
  })

describe("isLoopback", () => {
  it("knows loopback in every spelling", () => {
    for (const host of ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"])
      expect(isLoopback(host), host).toBe(true)
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "::ffff:10.0.0.1"])
      expect(isLoopback(host), host).toBe(false)
  })
})
