// The collector as a whole with a real nats-server: bursts of syslog, an end in the middle, a broker that goes away.
import { createSocket } from "node:dgram"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Exit, Scope } from "effect"
import { startBroker } from "./collector.harness.ts"

const message = (app: string, i: number) => `<165>1 2026-09-21T14:13:20Z web ${app} ${i} - - record ${i}`
const numbers = Array.from({ length: 1_000 }, (_, i) => i)
const sorted = (texts: ReadonlyArray<string>) => texts.toSorted()
const messages = (app: string) => numbers.map((i) => message(app, i))

const sendUdp = (port: number, texts: ReadonlyArray<string>) =>
  Effect.callback<void>((resume) => {
    const socket = createSocket("udp4")
    let left = texts.length
    for (const text of texts) {
      socket.send(text, port, "127.0.0.1", () => {
        if (--left === 0) socket.close(() => resume(Effect.void))
      })
    }
  })

/** Sends and ends; done when the collector has ended its side. */
const sendTcp = (port: number, bytes: string) =>
  Effect.callback<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes))
    socket.once("close", () => resume(Effect.void))
    socket.resume()
  })

describe("collector", () => {
  it.live("lays frames compressed into the stream where it is told to", () =>
    Effect.gen(function* () {
      const { collect, manager, texts } = yield* startBroker()
      const { url } = yield* collect({ http: { port: 0 }, frames: { encoding: "zstd" } })
      const lines = Array.from({ length: 5_000 }, (_, i) => `{"msg":"record ${i}"}`)
      const body = lines.join("\n")
      const headers = { "content-type": "application/x-ndjson" }
      const { status } = yield* Effect.promise(() => fetch(`${url}/ingest`, { method: "POST", body, headers }))
      assert.strictEqual(status, 202)
      assert.deepStrictEqual(yield* texts(lines.length), lines)
      const { state } = yield* Effect.promise(() => manager.streams.info("raw"))
      assert.isBelow(state.bytes, body.length / 3)
    }).pipe(Effect.scoped)
  )

  it.live("loses none of a thousand datagrams sent at once", () =>
    Effect.gen(function* () {
      const { collect, stored, texts } = yield* startBroker()
      const { port } = yield* collect({ syslog: { port: 0 } })
      yield* sendUdp(port("syslog"), messages("udp"))
      assert.deepStrictEqual(sorted(yield* texts(1_000)), sorted(messages("udp")))
      const [first] = yield* stored
      assert.deepInclude(first, { tenant: "default", source: "syslog", codec: "syslog" })
      assert.include(Object.values(first?.attributes ?? {}), "127.0.0.1")
    }).pipe(Effect.scoped)
  )

  it.live("has everything in the stream by the time it ends a connection, in both framings", () =>
    Effect.gen(function* () {
      const { collect, stored } = yield* startBroker()
      const { port } = yield* collect({ syslog: { port: 0 } })
      const counted = messages("octets").map((text) => `${text.length} ${text}`)
      yield* sendTcp(port("syslog"), counted.join(""))
      assert.deepStrictEqual(
        (yield* stored).map(({ text }) => text),
        messages("octets")
      )
      yield* sendTcp(port("syslog"), messages("lines").join("\n"))
      assert.deepStrictEqual(
        (yield* stored).slice(1_000).map(({ text }) => text),
        messages("lines")
      )
    }).pipe(Effect.scoped)
  )

  it.live("brings to the stream what it had read when it ends, though frames were open", () =>
    Effect.gen(function* () {
      const { collect, stored } = yield* startBroker()
      const scope = yield* Scope.make()
      const running = collect({ syslog: { port: 0 }, frames: { lingerMillis: 10_000 } })
      const { collector, port } = yield* Scope.provide(running, scope)
      yield* sendUdp(port("syslog"), messages("open").slice(0, 10))
      yield* waitUntil(
        Effect.sync(() => collector.intake.bytes),
        (held) => held >= messages("open").slice(0, 10).join("").length
      )
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* stored).length, 10)
    }).pipe(Effect.scoped)
  )

  it.live("holds what syslog senders sent while the broker was away, and stores it once", () =>
    Effect.gen(function* () {
      const world = yield* startBroker()
      const { collector, port } = yield* world.collect(
        { syslog: { port: 0 } },
        { attemptTimeoutMillis: 100, deadlineMillis: 300 }
      )
      yield* Effect.promise(world.broker.kill)
      const sent = yield* Effect.forkChild(sendTcp(port("syslog"), messages("held").join("\n")))
      yield* waitUntil(
        Effect.sync(() => collector.intake.bytes),
        (held) => held >= messages("held").join("").length
      )
      assert.isUndefined(sent.pollUnsafe())
      yield* Effect.promise(world.broker.start)
      assert.deepStrictEqual(yield* world.texts(1_000), messages("held"))
      yield* waitUntil(
        Effect.sync(() => sent.pollUnsafe()),
        (exit) => exit !== undefined
      )
      assert.strictEqual(collector.intake.bytes, 0)
    }).pipe(Effect.scoped)
  )
})
