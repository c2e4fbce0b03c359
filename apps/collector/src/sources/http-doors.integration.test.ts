// The doors of the http source with real sockets: pages, names, shapes of requests that two readers read differently, floods.
import { request } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import { testIntake } from "../frames/intake.harness.ts"
import { openSources } from "../open-sources.ts"
import { HttpConfig, http } from "./http.ts"

// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
const services = Layer.merge(Health.layer, Metrics.layerBare)

const start = Effect.fnUntraced(function* (config: typeof HttpConfig.Encoded = {}) {
  const world = testIntake()
  const source = yield* http.make(Schema.decodeUnknownSync(HttpConfig)({ port: 0, ...config }))
  const opened = openSources([source], ({ name }) => world.context(name))
  const port = (yield* Effect.provide(opened, services)).http?.port ?? 0
  return { ...world, port, received: () => world.published.flatMap(({ messages }) => messages) }
})

const ask = (port: number, method: string, path: string, headers: Record<string, string>, body = "") =>
  Effect.promise(
    () =>
      new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
        const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
          let text = ""
          response.on("data", (piece: Buffer) => {
            text += piece.toString()
          })
          response.once("end", () => {
            resolve({ status: response.statusCode ?? 0, headers: { ...response.headers }, body: text })
          })
        })
        sent.once("error", reject)
        sent.end(body)
      })
  )

/** Writes bytes; resolves with what came back once the server closed. */
const talk = (port: number, bytes: string) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve) => {
        const socket = connect(port, "127.0.0.1")
        let said = ""
        socket.on("data", (piece: Buffer) => {
          said += piece.toString("latin1")
        })
        socket.on("error", () => undefined)
        socket.once("close", () => resolve(said))
        socket.write(bytes, "latin1")
      })
  )

const metric = (text: string, reason: string): number =>
  Number(new RegExp(`rejected_total\\{source="http",reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0)

const plain = { "content-type": "text/plain" }

describe("the doors of the http source", () => {
  it.live("lets a page of a listed origin send logs and read the answer, without credentials", () =>
    Effect.gen(function* () {
      const origin = "https://shop.example"
      const { port, received } = yield* start({ origins: [origin] })
      const asks = {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-private-network": "true"
      }
      const asked = yield* ask(port, "OPTIONS", "/ingest/shop", asks)
      assert.strictEqual(asked.status, 204)
      assert.strictEqual(asked.headers["access-control-allow-origin"], origin)
      assert.strictEqual(asked.headers["access-control-allow-private-network"], "true")
      const sent = yield* ask(port, "POST", "/ingest/shop", { ...plain, origin, "sec-fetch-site": "cross-site" }, "one")
      assert.deepStrictEqual(
        [sent.status, sent.headers["access-control-allow-origin"], sent.headers.vary],
        [202, origin, "origin"]
      )
      assert.isUndefined(sent.headers["access-control-allow-credentials"])
      assert.deepStrictEqual(received(), ["one"])
      const metrics = yield* ask(port, "GET", "/metrics", { origin })
      assert.isUndefined(metrics.headers["access-control-allow-origin"])
      const other = { ...asks, origin: "https://shop.example.evil.example" }
      const refused = yield* ask(port, "OPTIONS", "/ingest/shop", other)
      assert.strictEqual(refused.status, 403)
      assert.deepStrictEqual(
        Object.keys(refused.headers).filter((name) => name.startsWith("access-control")),
        []
      )
    }).pipe(Effect.scoped)
  )

  it.live("answers under the names it is told, and counts what pages tried", () =>
    Effect.gen(function* () {
      const { metrics, port, received } = yield* start({ names: ["collector"] })
      const named = (host: string) => ask(port, "POST", "/ingest", { ...plain, host }, "x")
      assert.strictEqual((yield* named("collector:4080")).status, 202)
      assert.strictEqual((yield* named("COLLECTOR")).status, 202)
      const foreign = yield* named("evil.example")
      assert.strictEqual(foreign.status, 403)
      assert.include(foreign.body, "names")
      assert.strictEqual(received().length, 2)
      assert.strictEqual(metric(yield* metrics.text, "foreign-page"), 1)
    }).pipe(Effect.scoped)
  )

  it.live("refuses what two readers read differently with 400, and closes", () =>
    Effect.gen(function* () {
      const { port, received } = yield* start()
      const head = "POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
      const length = "Content-Length: 5\r\n"
      const forms = {
        ...contradictions(head, length),
        ...shapes(length)
      }
      for (const [name, bytes] of Object.entries(forms)) {
        const said = yield* talk(port, bytes)
        assert.match(said, /^HTTP\/1.1 400 /, name)
        assert.strictEqual(said.match(/HTTP\/1\.1 \d/g)?.length, 1, `one answer to ${name}`)
      }
      assert.deepStrictEqual(received(), [])
    }).pipe(Effect.scoped)
  )

  it.live("answers 415 and 400 to names of things that every object has", () =>
    Effect.gen(function* () {
      const { port, received } = yield* start()
      for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
        const answer = yield* ask(port, "POST", "/ingest", { ...plain, "content-encoding": name }, "x")
        assert.deepStrictEqual([answer.status, name], [415, name])
        assert.strictEqual((yield* ask(port, "POST", "/ingest", { "content-type": name }, "x")).status, 415)
      }
      for (const tenant of ["a.b", "", "*", ">", "a b", "\u00fc", "a\tb", "x".repeat(65), "logs.in"]) {
        const answer = yield* ask(port, "POST", "/ingest", { ...plain, "x-tailrace-tenant": tenant }, "x")
        assert.deepStrictEqual([answer.status, tenant], [400, tenant])
        const source = encodeURIComponent(tenant === "" ? " " : tenant)
        assert.strictEqual((yield* ask(port, "POST", `/ingest/${source}`, plain, "x")).status, 400)
      }
      for (const name of ["%00", "%0a", "%2e%2e", "%c3%bc", "..%2f", "%e2%80%8b", "a/b", "a%2fb"]) {
        assert.strictEqual((yield* ask(port, "POST", `/ingest/${name}`, plain, "x")).status, 400, name)
      }
      assert.deepStrictEqual(received(), [])
    }).pipe(Effect.scoped)
  )

  it.live("lets idle connections go for new ones, and none whose request is under way", () =>
    Effect.gen(function* () {
      const { metrics, port, received } = yield* start({ maxConnectionsPerAddress: 8 })
      const socket = connect(port, "127.0.0.1")
      const ended = new Promise<string>((resolve) => socket.once("data", (piece: Buffer) => resolve(String(piece))))
      socket.write(
        "POST /ingest HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\nhalf"
      )
      const silent = Array.from({ length: 40 }, () => connect(port, "127.0.0.1").on("error", () => undefined))
      yield* Effect.promise(() =>
        waitFor(
          () => silent.filter((one) => one.closed).length,
          (gone) => gone >= 32
        )
      )
      socket.write("full")
      assert.include(yield* Effect.promise(() => ended), "202 Accepted")
      assert.deepStrictEqual(received(), ["halffull"])
      assert.isAtLeast(metric(yield* metrics.text, "connection-made-room"), 32)
      for (const one of [socket, ...silent]) one.destroy()
    }).pipe(Effect.scoped)
  )
})

/** Lengths, codings and lines that contradict each other. */
const contradictions = (head: string, length: string): Record<string, string> => ({
  "two lengths": `${head}${length}Content-Length: 6\r\n\r\nhello!`,
  "one length twice": `${head}${length}${length}\r\nhello`,
  "a list of lengths": `${head}Content-Length: 5, 5\r\n\r\nhello`,
  "a signed length": `${head}Content-Length: +5\r\n\r\nhello`,
  "a blank before the colon": `${head}Content-Length : 5\r\n\r\nhello`,
  "length and coding": `${head}${length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "coding and length": `${head}Transfer-Encoding: chunked\r\n${length}\r\n0\r\n\r\n`,
  "a coding twice": `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "chunked not last": `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "a coding before chunked": `${head}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  "an unknown coding": `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "a folded header": `${head}X-A: a\r\n b\r\n${length}\r\nhello`,
  "a folded coding": `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
  "bare line feeds": `POST /ingest HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello`,
  "one bare line feed": `${head}X-A: a\n${length}\r\nhello`,
  "a bare carriage return": `${head}X-A: a\rb\r\n${length}\r\nhello`,
  "a byte 0": `${head}X-A: a\0b\r\n${length}\r\nhello`,
  "a chunk with bare line feeds": `${head}Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n`,
  "a chunk longer than it says": `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n`,
  "a chunk's length in C": `${head}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
  "a length among the trailers": `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n${length}\r\n`
})

/** Targets, versions and hosts of another kind than an origin server's. */
const shapes = (length: string): Record<string, string> => ({
  "a whole address": `POST http://localhost/ingest HTTP/1.1\r\nHost: localhost\r\n${length}\r\nhello`,
  "a foreign address": `POST http://evil.example/ingest HTTP/1.1\r\nHost: localhost\r\n${length}\r\nhello`,
  "two slashes": `POST //evil.example/ingest HTTP/1.1\r\nHost: localhost\r\n${length}\r\nhello`,
  "no slash": `POST ingest HTTP/1.1\r\nHost: localhost\r\n${length}\r\nhello`,
  "a star": "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "two hosts": `POST /ingest HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${length}\r\nhello`,
  "no host": `POST /ingest HTTP/1.1\r\n${length}\r\nhello`,
  "chunks in HTTP/1.0":
    "POST /ingest HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "HTTP/2.0 in words": `POST /ingest HTTP/2.0\r\nHost: localhost\r\n${length}\r\nhello`,
  "HTTP/0.9": "GET /metrics\r\n\r\n",
  "a preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
})
