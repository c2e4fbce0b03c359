// syslog over real sockets: what is sent arrives whole, is acknowledged late or not at all, and never takes more memory.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { createSocket } from "node:dgram"
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { freePort } from "@tailrace/testing/free-port"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { testIntake } from "../frames/intake.harness.ts"
import { SyslogConfig, syslog } from "./syslog.ts"

type World = ReturnType<typeof testIntake>
const services = Layer.merge(Health.layer, Metrics.layerBare)

const start = Effect.fnUntraced(function* (world: World, config: typeof SyslogConfig.Encoded = {}) {
  const source = yield* syslog.make(Schema.decodeUnknownSync(SyslogConfig)({ port: 0, ...config }))
  const { port = 0 } = yield* Effect.provide(source.open(world.context("syslog")), services)
  return port
})

const dial = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => resolve(socket))
    socket.once("error", reject)
  })

/** Sends, ends, and resolves when the other side has ended too. */
const deliver = async (port: number, chunks: ReadonlyArray<string | Uint8Array>): Promise<void> => {
  const socket = await dial(port)
  const ended = new Promise<void>((resolve) => socket.once("end", resolve))
  socket.resume()
  for (const chunk of chunks) socket.write(chunk)
  socket.end()
  await ended
  socket.destroy()
}

const sendDatagrams = async (port: number, datagrams: ReadonlyArray<string | Uint8Array>): Promise<void> => {
  const socket = createSocket("udp4")
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, "127.0.0.1", resolve))
  }
  socket.close()
}

const received = ({ published }: World) => published.flatMap(({ messages }) => messages)
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `<14>1 - - - - - - message ${i} — ü 漢字`)

describe("syslog by TCP", () => {
  it.live("takes counted messages and lines of one connection, whole and in order", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const port = yield* start(world)
      const lines = numbered(500)
      const counted = ["<1>two\nlines", "<2>a\0b", `<3>${"x".repeat(64_000)}`]
      const text = lines.map((line) => `${line}\n`).join("")
      yield* Effect.promise(() =>
        deliver(port, [
          text.slice(0, 1001),
          text.slice(1001),
          ...counted.map((one) => `${Buffer.byteLength(one)} ${one}`)
        ])
      )
      assert.deepStrictEqual(received(world), [...lines, ...counted])
      const [first] = world.published
      assert.strictEqual(first?.codec, "syslog")
      assert.deepStrictEqual(first?.attributes, { "network.peer.address": "127.0.0.1", "network.transport": "tcp" })
    }).pipe(Effect.scoped)
  )

  it.live("ends its side of the connection only when the broker has everything", () =>
    Effect.gen(function* () {
      let take = () => {}
      const taken = new Promise<void>((resolve) => {
        take = resolve
      })
      const world = testIntake({}, () => taken.then(() => undefined))
      const port = yield* start(world)
      const socket = yield* Effect.promise(() => dial(port))
      let ended = false
      socket.resume().once("end", () => {
        ended = true
      })
      socket.end("<1>one\n")
      yield* Effect.promise(() =>
        waitFor(
          () => world.attempts.length,
          (count) => count === 1
        )
      )
      assert.isFalse(ended)
      take()
      yield* Effect.promise(() => waitFor(() => ended, Boolean))
      assert.deepStrictEqual(received(world), ["<1>one"])
      socket.destroy()
    }).pipe(Effect.scoped)
  )

  it.live("reads no further while the pipelines lag behind, and goes on when they have caught up", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const port = yield* start(world, { port: 0, udp: false })
      world.pressure.lagging = true
      let quiet = 0
      let before = 0
      const messages = Array.from({ length: 4_000 }, (_, i) => `<13>lagging ${i} ${"x".repeat(4_000)}`)
      const sent = yield* Effect.forkChild(
        Effect.callback<void>((resume) => {
          const socket = connect(port, "127.0.0.1", () => socket.end(messages.join("\n")))
          socket.once("close", () => resume(Effect.void))
          socket.resume()
        })
      )
      yield* Effect.promise(() =>
        waitFor(
          () => {
            quiet = received(world).length === before ? quiet + 1 : 0
            before = received(world).length
            return { quiet, before }
          },
          // Until it reads no more: a hundred looks in a row that saw nothing new.
          (seen) => seen.before > 0 && seen.quiet >= 100,
          { everyMillis: 2 }
        )
      )
      // One chunk was read before the connection was held; the rest is the sender's and the kernel's.
      assert.isBelow(received(world).length, 1_000)
      assert.isUndefined(sent.pollUnsafe())
      world.pressure.lagging = false
      world.intake.lagChanged()
      yield* Effect.promise(() =>
        waitFor(
          () => received(world).length,
          (count) => count === messages.length
        )
      )
      assert.deepStrictEqual(received(world), messages)
    }).pipe(Effect.scoped)
  )

  it.live("reads no further than its unacknowledged bytes allow", () =>
    Effect.gen(function* () {
      const gate = { open: false }
      const world = testIntake({}, async () =>
        gate.open ? undefined : { reason: "full" as const, message: "stream is full" }
      )
      const port = yield* start(world, { unacknowledgedBytes: 65_536 })
      const socket = yield* Effect.promise(() => dial(port))
      const line = `<1>${"x".repeat(1_000)}\n`
      const total = 40_000
      let written = 0
      const ended = new Promise<void>((resolve) => socket.resume().once("end", resolve))
      const pump = () => {
        while (written < total) {
          written++
          if (!socket.write(line)) {
            socket.once("drain", pump)
            return
          }
        }
        socket.end()
      }
      pump()
      yield* Effect.promise(() =>
        waitFor(
          () => world.attempts.length,
          (count) => count > 0
        )
      )
      yield* Effect.promise(() =>
        waitFor(
          () => world.intake.bytes,
          (bytes) => bytes >= 60_000
        )
      )
      assert.isBelow(world.intake.bytes, 400_000)
      assert.isBelow(written, total)
      gate.open = true
      yield* Effect.promise(() => ended)
      assert.strictEqual(received(world).length, total)
      socket.destroy()
    }).pipe(Effect.scoped)
  )

  it.live("cuts messages that are too long, says by how much, and keeps their neighbours", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const port = yield* start(world, { maxMessageBytes: 480 })
      yield* Effect.promise(() => deliver(port, [`<1>a\n<2>${"y".repeat(600)}\n<3>b\n`]))
      assert.deepStrictEqual([...received(world)].sort(), ["<1>a", `<2>${"y".repeat(477)}`, "<3>b"])
      const cut = world.published.find(({ attributes }) => attributes["log.truncated_bytes"] !== undefined)
      assert.strictEqual(cut?.attributes["log.truncated_bytes"], "123")
      assert.include(yield* world.metrics.text, 'tailrace_collector_truncated_total{source="syslog"} 1')
    }).pipe(Effect.scoped)
  )

  it.live("hands on what it has read when the collector ends", () =>
    Effect.gen(function* () {
      const world = testIntake()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const port = yield* start(world)
          const socket = yield* Effect.promise(() => dial(port))
          socket.on("error", () => undefined)
          socket.write("<1>whole\n<2>half")
          yield* Effect.promise(() =>
            waitFor(
              () => received(world).length,
              (count) => count === 1
            )
          )
        })
      )
      assert.deepStrictEqual(received(world), ["<1>whole", "<2>half"])
    })
  )

  it.live("says which port is taken", () =>
    Effect.gen(function* () {
      const port = yield* start(testIntake())
      const error = yield* Effect.flip(start(testIntake(), { port }))
      assert.match(error.message, new RegExp(`syslog by tcp on 127.0.0.1:${port}: .*EADDRINUSE`))
    }).pipe(Effect.scoped)
  )
})

describe("syslog by UDP", () => {
  it.live("takes each datagram as one message, line ends inside it too", () =>
    Effect.gen(function* () {
      const world = testIntake()
      const port = yield* start(world)
      const datagrams = [...numbered(200), "<1>two\nlines\n", "<2>a\0b", `<3>${"x".repeat(60_000)}`]
      yield* Effect.promise(() => sendDatagrams(port, datagrams))
      const seen = yield* Effect.promise(() =>
        waitFor(
          () => received(world),
          (all) => all.length >= datagrams.length
        )
      )
      assert.deepStrictEqual(
        seen,
        datagrams.map((one) => one.replace(/\n$/, ""))
      )
      assert.strictEqual(world.published[0]?.attributes["network.transport"], "udp")
    }).pipe(Effect.scoped)
  )

  it.live("drops and counts what there is no room for, and takes again when there is", () =>
    Effect.gen(function* () {
      const gate = { open: false }
      const world = testIntake({}, async () =>
        gate.open ? undefined : { reason: "unavailable" as const, message: "no answer" }
      )
      const port = yield* Effect.promise(() => freePort())
      yield* start(world, { port, unacknowledgedBytes: 65_536, tcp: false })
      const datagram = `<1>${"x".repeat(9_997)}`
      yield* Effect.promise(() =>
        sendDatagrams(
          port,
          Array.from({ length: 10 }, () => datagram)
        )
      )
      const dropped = /tailrace_collector_rejected_total\{source="syslog",reason="udp-no-room"\} (\d+)/
      const text = yield* Effect.promise(() =>
        waitFor(
          () => world.metrics.registry.metrics(),
          (metrics) => Number(dropped.exec(metrics)?.[1] ?? 0) === 4
        )
      )
      assert.match(text, dropped)
      gate.open = true
      yield* Effect.promise(() =>
        waitFor(
          () => received(world).length,
          (count) => count === 6
        )
      )
      yield* Effect.promise(() => sendDatagrams(port, ["<2>after"]))
      yield* Effect.promise(() =>
        waitFor(
          () => received(world),
          (all) => all.includes("<2>after")
        )
      )
      // Nobody could be told, so a frame tells the ledger.
      const counts = () => world.published.reduce((sum, one) => sum + (one.dropped?.["collector:no-room"] ?? 0), 0)
      yield* Effect.promise(() => waitFor(counts, (count) => count === 4))
    }).pipe(Effect.scoped)
  )
})
