// Tests of connections: whose chunks are read when, by sockets that are told what arrived.
import { Socket } from "node:net"
import { expect, it } from "vitest"
import { blocking } from "../../frames/admission.ts"
import { testIntake } from "../../frames/intake.harness.ts"
import { Turns } from "../../turns.ts"
import { Connection, Gate } from "./connection.ts"
import { Partials } from "./partials.ts"
import { Peers } from "./peers.ts"
import { Strangers } from "./strangers.ts"

const connections = (count: number) => {
  // Never acknowledged, so that the bytes held are those that were read.
  const world = testIntake({}, () => new Promise(() => undefined))
  const context = world.context("syslog")
  const peers = new Peers({ name: "syslog", tenant: "default" }, "syslog", blocking)
  const limits = { maxMessageBytes: 65_536, unacknowledgedBytes: 16_777_216, silentMillis: 60_000, idleMillis: 60_000 }
  const turns = new Turns()
  const around = {
    options: { ...limits, whenFull: "block" as const },
    peers,
    context,
    gate: new Gate(new Set(), context, "block"),
    strangers: new Strangers(peers, context, "tcp"),
    partials: new Partials<Connection>(1_000_000, () => undefined),
    turns,
    spoke: () => undefined
  }
  const sockets = Array.from({ length: count }, () => new Socket())
  const made = sockets.map((socket) => new Connection(socket, around))
  return { world, sockets, turns, end: () => made.map((connection) => connection.evict()) }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

it("chunks of very short messages are read one in each turn of the event loop, and all of them", async () => {
  const { end, sockets, turns, world } = connections(8)
  const chunk = Buffer.from("x\n".repeat(32_768))
  for (const socket of sockets) socket.emit("data", chunk)
  expect(world.intake.bytes).toBe(0)
  let before = 0
  while (world.intake.bytes < 8 * chunk.length) {
    await nextTurn()
    expect(world.intake.bytes - before).toBeLessThanOrEqual(chunk.length)
    before = world.intake.bytes
  }
  expect(turns.given).toBe(8)
  end()
})

it("chunks of usual messages are read as they come, once it is known that they are", async () => {
  const { end, sockets, turns, world } = connections(1)
  const [socket] = sockets
  const line = `<14>1 - - - - - - ${"usual ".repeat(10)}\n`
  const chunk = Buffer.from(line.repeat(500))
  socket?.emit("data", chunk)
  await nextTurn()
  await nextTurn()
  const one = world.intake.bytes
  expect(one).toBeGreaterThan(30_000)
  for (let i = 2; i < 5; i++) {
    socket?.emit("data", chunk)
    expect(world.intake.bytes).toBe(i * one)
  }
  expect(turns.given).toBe(1)
  end()
})

it("what waits for its turn is read before the end of its connection", async () => {
  const { end, sockets, world } = connections(1)
  const chunk = Buffer.from("x\n".repeat(32_768))
  sockets[0]?.emit("data", chunk)
  sockets[0]?.emit("end")
  await nextTurn()
  expect(world.intake.bytes).toBe(chunk.length)
  end()
})
