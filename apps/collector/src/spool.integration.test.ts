// The spool with a real nats-server that is killed, away, full and started again, and a collector that is killed in between.
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Exit, Scope } from "effect"
import { startBroker } from "./collector.harness.ts"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tailrace-collector-spool-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const post = (url: string, lines: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/ingest/app`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: lines.join("\n")
    })
    await answer.text()
    return { status: answer.status, retryAfter: answer.headers.get("retry-after") }
  })

const lines = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i}`)

/** Sends and ends; done when the collector has ended its side, which it does once everything is kept. */
const sendTcp = (port: number, text: string) =>
  Effect.callback<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(text))
    socket.once("close", () => resume(Effect.void))
    socket.resume()
  })

const segments = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".spool"))

describe("collector with a spool", () => {
  it.live("says yes while the broker is away, and brings everything in order when it returns", () =>
    Effect.gen(function* () {
      const data = yield* temporaryFolder
      const world = yield* startBroker()
      const { port, url } = yield* world.collect({ data, http: { port: 0 }, syslog: { port: 0 }, spool: {} })
      const before = lines("before", 100)
      assert.strictEqual((yield* post(url, before)).status, 202)
      assert.deepStrictEqual(segments(join(data, "spool")), [])
      yield* Effect.promise(world.broker.kill)
      const away: Array<string> = []
      for (let i = 0; i < 20; i++) {
        const some = lines(`away ${i}`, 50)
        away.push(...some)
        assert.strictEqual((yield* post(url, some)).status, 202)
      }
      yield* sendTcp(port("syslog"), lines("<13>syslog", 200).join("\n"))
      assert.isAbove(segments(join(data, "spool")).length, 0)
      yield* Effect.promise(world.broker.start)
      const texts = yield* world.texts(100 + 1_000 + 200)
      const http = texts.filter((text) => !text.startsWith("<"))
      assert.deepStrictEqual(http, [...before, ...away])
      assert.deepStrictEqual(
        texts.filter((text) => text.startsWith("<")),
        lines("<13>syslog", 200)
      )
      yield* waitUntil(
        Effect.sync(() => segments(join(data, "spool"))),
        (names) => names.length === 0,
        { what: "an empty spool" }
      )
      assert.strictEqual((yield* post(url, lines("after", 10))).status, 202)
      assert.strictEqual((yield* world.stored).length, 1_310)
    }).pipe(Effect.scoped)
  )

  it.live("brings what an earlier life said yes to, each record once, also what had been sent without an answer", () =>
    Effect.gen(function* () {
      const data = yield* temporaryFolder
      const world = yield* startBroker()
      const scope = yield* Scope.make()
      const first = yield* Scope.provide(world.collect({ data, http: { port: 0 }, spool: {} }), scope)
      assert.strictEqual((yield* post(first.url, lines("first", 100))).status, 202)
      yield* Effect.promise(world.broker.kill)
      assert.strictEqual((yield* post(first.url, lines("second", 100))).status, 202)
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(world.broker.start)
      const again = yield* world.collect({ data, http: { port: 0 }, spool: {} })
      assert.strictEqual((yield* post(again.url, lines("third", 100))).status, 202)
      assert.deepStrictEqual(yield* world.texts(300), [
        ...lines("first", 100),
        ...lines("second", 100),
        ...lines("third", 100)
      ])
    }).pipe(Effect.scoped)
  )

  it.live("keeps frames on disk while the stream is full, then says 429, and loses nothing it said yes to", () =>
    Effect.gen(function* () {
      const data = yield* temporaryFolder
      const world = yield* startBroker({ rawBytes: 500_000 })
      const spool = { maxBytes: 1_000_000, segmentBytes: 131_072, afterMillis: 2_000 }
      const { url } = yield* world.collect({ data, http: { port: 0 }, spool })
      const accepted: Array<string> = []
      let refused: { readonly status: number; readonly retryAfter: string | null } | undefined
      for (let i = 0; refused === undefined; i++) {
        const some = lines(`line ${i} ${"x".repeat(900)}`, 60)
        const answer = yield* post(url, some)
        if (answer.status === 202) accepted.push(...some)
        else refused = answer
      }
      assert.strictEqual(refused.status, 429)
      assert.isNotNull(refused.retryAfter)
      const seen: Array<string> = []
      // As the pipelines would: what is read is trimmed, which makes room.
      yield* waitUntil(
        Effect.gen(function* () {
          const { texts, upTo } = yield* world.read
          seen.push(...texts)
          if (upTo > 0) yield* Effect.promise(() => world.manager.streams.purge("raw", { seq: upTo + 1 }))
          return seen.length
        }),
        (count) => count >= accepted.length,
        { what: "everything accepted", everyMillis: 50 }
      )
      assert.deepStrictEqual(seen.toSorted(), accepted.toSorted())
    }).pipe(Effect.scoped)
  )
})
