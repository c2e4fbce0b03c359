// The doors of the syslog source with real sockets: browsers, silent connections, and what the kernel drops.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { createSocket, type Socket as UdpSocket } from "node:dgram"
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { testIntake } from "../frames/intake.harness.ts"
import { SyslogConfig, syslog } from "./syslog.ts"

const services = Layer.merge(Health.layer, Metrics.layerBare)

const start = Effect.fnUntraced(function* (config: typeof SyslogConfig.Encoded = {}) {
  const world = testIntake()
  const source = yield* syslog.make(Schema.decodeUnknownSync(SyslogConfig)({ port: 0, ...config }))
  const { port = 0 } = yield* Effect.provide(source.open(world.context("syslog")), services)
  return { ...world, port, received: () => world.published.flatMap(({ messages }) => messages) }
})

type World = Effect.Success<ReturnType<typeof start>>

const dial = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.off("error", reject).on("error", () => undefined)))
    socket.once("error", reject)
    socket.resume()
  })

const closed = (sockets: ReadonlyArray<Socket>): number => sockets.filter((socket) => socket.closed).length

const rejected = async ({ metrics }: World, reason: string): Promise<number> => {
  const pattern = new RegExp(`rejected_total\\{source="syslog",reason="${reason}"\\} (\\d+)`)
  return Number(pattern.exec(await metrics.registry.metrics())?.[1] ?? 0)
}

/** What frames tell the ledger was dropped. */
const dropped = ({ published }: World, reason: string): number =>
  published.reduce((sum, one) => sum + (one.dropped?.[reason] ?? 0), 0)

const until = <A>(read: () => A | Promise<A>, wanted: A) =>
  Effect.promise(() => waitFor(read, (seen) => seen === wanted))

describe("the doors of syslog by TCP", () => {
  it.live("close on a browser's first line without a word, however it is cut, and count it", () =>
    Effect.gen(function* () {
      const world = yield* start()
      const request = "POST / HTTP/1.1\r\nHost: a\r\n\r\n<14>1 - - - - - - forged\n"
      for (const size of [1, 5, request.length]) {
        const socket = yield* Effect.promise(() => dial(world.port))
        socket.setNoDelay(true)
        let said = 0
        socket.on("data", (piece: Buffer) => {
          said += piece.length
        })
        for (let at = 0; at < request.length && !socket.destroyed; at += size) {
          yield* Effect.promise(() => new Promise((resolve) => socket.write(request.slice(at, at + size), resolve)))
        }
        yield* until(() => socket.closed, true)
        assert.strictEqual(said, 0)
      }
      const honest = yield* Effect.promise(() => dial(world.port))
      honest.write("<14>GET / HTTP/1.1\nPOST / HTTP/1.1\n")
      yield* until(() => world.received().length, 2)
      assert.deepStrictEqual(world.received(), ["<14>GET / HTTP/1.1", "POST / HTTP/1.1"])
      yield* until(() => rejected(world, "http-on-tcp"), 3)
      yield* until(() => dropped(world, "collector:http-on-tcp"), 3)
      assert.strictEqual(world.warnings.length, 1)
      honest.destroy()
    }).pipe(Effect.scoped)
  )

  it.live("end a connection that sends no whole message in time, and leave one that did alone", () =>
    Effect.gen(function* () {
      const world = yield* start({ silentMillis: 300 })
      const quiet = yield* Effect.promise(() => dial(world.port))
      quiet.write("<14>first\n")
      const silent = yield* Effect.promise(() => Promise.all(Array.from({ length: 50 }, () => dial(world.port))))
      // Bytes that never become a message keep no connection.
      const drip = setInterval(() => silent[0]?.write("x"), 20)
      yield* until(() => closed(silent), 50)
      clearInterval(drip)
      quiet.write("<14>second\n")
      yield* until(() => world.received().includes("<14>second"), true)
      assert.isFalse(quiet.closed)
      yield* until(() => rejected(world, "silent-connection"), 50)
      quiet.destroy()
    }).pipe(Effect.scoped)
  )

  it.live("end a sender that has said nothing for the longer time", () =>
    Effect.gen(function* () {
      const world = yield* start({ idleMillis: 200 })
      const sender = yield* Effect.promise(() => dial(world.port))
      sender.write("<14>one\n<14>two without its end")
      yield* until(() => sender.closed, true)
      yield* until(() => world.received().length, 2)
      assert.deepStrictEqual(world.received(), ["<14>one", "<14>two without its end"])
      yield* until(() => rejected(world, "idle-connection"), 1)
    }).pipe(Effect.scoped)
  )

  it.live("let silent connections go for new ones, and none that has sent messages", () =>
    Effect.gen(function* () {
      const world = yield* start({ maxConnections: 20, maxConnectionsPerAddress: 20 })
      const senders = yield* Effect.promise(() => Promise.all(Array.from({ length: 5 }, () => dial(world.port))))
      for (const sender of senders) sender.write("<14>first\n")
      yield* until(() => world.received().length, 5)
      const silent = yield* Effect.promise(() => Promise.all(Array.from({ length: 200 }, () => dial(world.port))))
      yield* until(() => closed(silent), 185)
      const late = yield* Effect.promise(() => dial(world.port))
      late.write("<14>late\n")
      for (const sender of senders) sender.write("<14>still here\n")
      yield* until(() => world.received().length, 11)
      yield* until(() => rejected(world, "connection-made-room"), 186)
      for (const socket of [...senders, ...silent, late]) socket.destroy()
    }).pipe(Effect.scoped)
  )
})

describe("messages whose rest never comes", () => {
  it.live("take no more memory than they may together, and cost an honest sender nothing", () =>
    Effect.gen(function* () {
      const world = yield* start({ partialBytes: 262_144 })
      const honest = yield* Effect.promise(() => dial(world.port))
      honest.write("<14>half ")
      const hoarders = yield* Effect.promise(() => Promise.all(Array.from({ length: 40 }, () => dial(world.port))))
      for (const socket of hoarders) socket.write(`<14>${"x".repeat(60_000)}`)
      yield* until(() => closed(hoarders), 36)
      yield* until(() => rejected(world, "partial-message"), 36)
      honest.write("a message\n")
      yield* until(() => world.received().includes("<14>half a message"), true)
      for (const socket of [honest, ...hoarders]) socket.destroy()
    }).pipe(Effect.scoped)
  )
})

describe("the doors of syslog by UDP", () => {
  const sender = (port: number): Promise<UdpSocket> =>
    new Promise((resolve) => {
      const socket = createSocket("udp4")
      socket.connect(port, "127.0.0.1", () => resolve(socket))
    })

  it.live("take nothing that a browser sends by WebRTC or WebTransport", () =>
    Effect.gen(function* () {
      const world = yield* start({ tcp: false })
      const socket = yield* Effect.promise(() => sender(world.port))
      const stun = Buffer.from("000100082112a442000102030405060708090a0b0006000461626364", "hex")
      const quic = Buffer.concat([Buffer.from([0xc3, 0, 0, 0, 1]), Buffer.alloc(1_200, 7)])
      for (const one of [stun, quic, Buffer.from("<14>honest")]) socket.send(one)
      yield* until(() => world.received().length, 1)
      assert.deepStrictEqual(world.received(), ["<14>honest"])
      yield* until(() => dropped(world, "collector:stun-on-udp"), 1)
      yield* until(() => dropped(world, "collector:quic-on-udp"), 1)
      socket.close()
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(process.platform !== "linux")("count what the kernel dropped, exactly", () =>
    Effect.gen(function* () {
      const world = yield* start({ tcp: false, receiveBufferBytes: 65_536 })
      const socket = yield* Effect.promise(() => sender(world.port))
      const sent = 20_000
      // In one turn: nothing is read meanwhile, as in a process that is busy or stopped.
      for (let i = 0; i < sent; i++) socket.send(`<14>datagram ${i}`)
      const seen = yield* Effect.promise(() =>
        waitFor(
          () => ({ stored: world.received().length, lost: dropped(world, "collector:udp-kernel") }),
          ({ lost, stored }) => lost + stored >= sent
        )
      )
      assert.strictEqual(seen.stored + seen.lost, sent)
      assert.isAbove(seen.lost, 10_000)
      assert.isAbove(seen.stored, 10)
      assert.strictEqual(yield* Effect.promise(() => rejected(world, "udp-kernel")), seen.lost)
      socket.close()
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(process.platform !== "linux")("count it at the end too, and read what the kernel still holds", () =>
    Effect.gen(function* () {
      const world = yield* Effect.scoped(
        Effect.gen(function* () {
          const running = yield* start({ tcp: false, receiveBufferBytes: 65_536 })
          const socket = yield* Effect.promise(() => sender(running.port))
          for (let i = 0; i < 5_000; i++) socket.send(`<14>datagram ${i}`)
          socket.close()
          return running
        })
      )
      yield* Effect.promise(() => world.intake.close(1_000))
      assert.strictEqual(world.received().length + dropped(world, "collector:udp-kernel"), 5_000)
    })
  )
})
