// The http source with real sockets and a real nats-server: every status code, and yes only for what is in the stream.
import { request } from "node:http"
import { connect } from "node:net"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { freePort } from "@tailrace/testing/free-port"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Exit, Scope } from "effect"
import { startBroker } from "../collector.harness.ts"

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly accepted?: number
    readonly rejected?: number
    readonly errors?: ReadonlyArray<{ index: number; position: { line: number }; message: string }>
    readonly error?: string
  }
}

const post = (url: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  Effect.promise(async (): Promise<Reply> => {
    const response = await fetch(url, { method: "POST", body: body as string, headers })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Reply["body"] }
  })

const ndjson = { "content-type": "application/x-ndjson" }
const plain = { "content-type": "text/plain" }
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ msg: `record ${from + i}` }))

const start = (http: Record<string, unknown> = {}, options: Parameters<typeof startBroker>[0] = {}) =>
  Effect.gen(function* () {
    const world = yield* startBroker(options)
    const running = yield* world.collect({ http: { port: 0, ...http } })
    return { ...world, ...running, ingest: `${running.url}/ingest` }
  })

describe("http source", () => {
  it.live("answers 202 with counts once the records are in the stream, by every type of body", () =>
    Effect.gen(function* () {
      const { ingest, stored } = yield* start()
      const accepted = { accepted: 1, rejected: 0, errors: [] }
      const one = yield* post(`${ingest}/app`, '{"msg":\n "one"}', { "content-type": "application/json" })
      assert.deepStrictEqual([one.status, one.body], [202, accepted])
      assert.deepStrictEqual(yield* stored, [
        { tenant: "default", source: "app", codec: "json", attributes: {}, text: '{"msg":  "one"}' }
      ])
      assert.strictEqual((yield* post(ingest, numbered(0, 500).join("\n"), ndjson)).body.accepted, 500)
      assert.strictEqual(
        (yield* post(ingest, `[${numbered(500, 1000).join(", ")}]`, { "content-type": "application/json" })).body
          .accepted,
        500
      )
      const form = { "content-type": "application/x-www-form-urlencoded", "x-tailrace-tenant": "acme" }
      assert.strictEqual((yield* post(ingest, '{"msg":"by curl -d"}', form)).status, 202)
      assert.strictEqual((yield* post(ingest, "two\nlines", plain)).body.accepted, 2)
      const all = yield* stored
      assert.deepStrictEqual(
        all.slice(1, 1001).map(({ text }) => text),
        numbered(0, 1000)
      )
      assert.deepStrictEqual(
        all.slice(1001).map(({ codec, source, tenant, text }) => [tenant, source, codec, text]),
        [
          ["acme", "http", "json", '{"msg":"by curl -d"}'],
          ["default", "http", "auto", "two"],
          ["default", "http", "auto", "lines"]
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.live("joins lines that continue a record when asked to", () =>
    Effect.gen(function* () {
      const { ingest, stored } = yield* start()
      const trace = "ERROR failed\njava.io.IOException: gone\n\tat a.B(C.java:1)"
      const reply = yield* post(`${ingest}/app?multiline=true`, `one\n${trace}\ntwo`, plain)
      assert.deepStrictEqual([reply.status, reply.body.accepted], [202, 3])
      assert.deepStrictEqual((yield* stored).map(({ text }) => text).sort(), [trace, "one", "two"].sort())
    }).pipe(Effect.scoped)
  )

  it.live("reads gzip, zstd, brotli and both kinds of deflate", () =>
    Effect.gen(function* () {
      const { ingest, texts } = yield* start()
      const packers = [
        ["gzip", gzipSync],
        ["zstd", zstdCompressSync],
        ["br", brotliCompressSync],
        ["deflate", deflateSync],
        ["deflate", deflateRawSync]
      ] as const
      for (const [i, [encoding, pack]] of packers.entries()) {
        const body = pack(Buffer.from(numbered(i * 10, i * 10 + 10).join("\n")))
        const reply = yield* post(ingest, body, { ...ndjson, "content-encoding": encoding })
        assert.deepStrictEqual([reply.status, reply.body.accepted], [202, 10], encoding)
      }
      assert.deepStrictEqual(yield* texts(50), numbered(0, 50))
      const truncated = gzipSync(Buffer.from("x".repeat(1_000))).subarray(0, 20)
      const broken = yield* post(ingest, truncated, { ...plain, "content-encoding": "gzip" })
      assert.strictEqual(broken.status, 400)
      assert.include(broken.body.error, "body is not valid gzip")
      const unknown = yield* post(ingest, "x", { ...plain, "content-encoding": "snappy" })
      assert.strictEqual(unknown.status, 415)
    }).pipe(Effect.scoped)
  )

  it.live("refuses bodies over the limit, also as a gzip bomb, with 413", () =>
    Effect.gen(function* () {
      const { collector, ingest, stored } = yield* start({ maxBodyBytes: 1_000_000 })
      const bomb = gzipSync(Buffer.alloc(50_000_000, 97))
      assert.isBelow(bomb.length, 1_000_000)
      const answers = yield* Effect.all(
        Array.from({ length: 4 }, () => post(ingest, bomb, { ...plain, "content-encoding": "gzip" })),
        { concurrency: 4 }
      )
      for (const { body, status } of answers) {
        assert.strictEqual(status, 413)
        assert.include(body.error, "1000000 bytes after gzip decompression")
      }
      assert.strictEqual((yield* post(ingest, "x".repeat(1_000_001), plain)).status, 413)
      const unannounced = yield* Effect.callback<number | undefined>((resume) => {
        const headers = { ...plain, "transfer-encoding": "chunked" }
        const client = request(ingest, { method: "POST", headers }, (response) => {
          response.resume()
          response.once("end", () => resume(Effect.succeed(response.statusCode)))
        })
        for (let i = 0; i < 40; i++) client.write("x".repeat(100_000))
        client.end()
      })
      assert.strictEqual(unannounced, 413)
      assert.deepStrictEqual(yield* stored, [])
      assert.strictEqual(collector.intake.bytes, 0)
    }).pipe(Effect.scoped)
  )

  it.live("takes the right items of a body and names the wrong ones, or takes none when atomic", () =>
    Effect.gen(function* () {
      const { dropped, ingest, metrics, texts } = yield* start({ maxMessageBytes: 100 })
      const lines = ['{"n":1}', '{"n":', '{"n":3}', `{"n":"${"x".repeat(100)}"}`, "5"].join("\n")
      const atomic = yield* post(`${ingest}?atomic=true`, lines, ndjson)
      assert.deepStrictEqual([atomic.status, atomic.body.accepted, atomic.body.rejected], [400, 0, 5])
      const partial = yield* post(ingest, lines, ndjson)
      assert.deepStrictEqual([partial.status, partial.body.accepted, partial.body.rejected], [202, 2, 3])
      assert.deepStrictEqual(
        partial.body.errors?.map(({ index, position }) => [index, position.line]),
        [
          [1, 2],
          [3, 4],
          [4, 5]
        ]
      )
      assert.deepStrictEqual(yield* texts(2), ['{"n":1}', '{"n":3}'])
      const broken = yield* post(ingest, '{"n":1', { "content-type": "application/json" })
      assert.strictEqual(broken.status, 400)
      assert.include(broken.body.error, "line 1, column 7 (byte 6)")
      assert.strictEqual((yield* post(ingest, "", ndjson)).status, 400)
      assert.include(yield* metrics.text, 'tailrace_collector_messages_total{source="http"} 2')
      // The three refused beside good ones are counted with those; a request of which nothing was taken is not.
      assert.deepStrictEqual(yield* dropped, { "collector:invalid": 3 })
      const keyed = { ...ndjson, "idempotency-key": "again" }
      for (let attempt = 0; attempt < 3; attempt++) yield* post(ingest, lines, keyed)
      assert.deepStrictEqual(yield* dropped, { "collector:invalid": 6 })
      assert.strictEqual((yield* texts(4)).length, 4)
    }).pipe(Effect.scoped)
  )

  it.live("refuses other methods, types, paths and names that are no subject tokens", () =>
    Effect.gen(function* () {
      const { ingest, stored, url } = yield* start()
      const get = yield* Effect.promise(() => fetch(ingest))
      assert.deepStrictEqual([get.status, get.headers.get("allow")], [405, "POST"])
      assert.strictEqual((yield* Effect.promise(() => fetch(`${url}/elsewhere`))).status, 404)
      assert.strictEqual((yield* post(ingest, "x", { "content-type": "image/png" })).status, 415)
      for (const source of ["a.b", "%3E", "a%20b", "a/b", "%", "x".repeat(65)]) {
        assert.strictEqual((yield* post(`${ingest}/${source}`, "x", plain)).status, 400, source)
      }
      assert.strictEqual((yield* post(ingest, "x", { ...plain, "x-tailrace-tenant": "*" })).status, 400)
      assert.deepStrictEqual(yield* stored, [])
    }).pipe(Effect.scoped)
  )

  it.live("stores a request once however often it is sent under one idempotency key", () =>
    Effect.gen(function* () {
      const { stored, collect } = yield* startBroker()
      const { url } = yield* collect({ http: { port: 0 }, frames: { bytes: 4_096, maxBytes: 8_192 } })
      const ingest = `${url}/ingest`
      const body = numbered(0, 3_000).join("\n")
      const headers = { ...ndjson, "idempotency-key": "k1" }
      for (let i = 0; i < 3; i++) assert.strictEqual((yield* post(ingest, body, headers)).body.accepted, 3_000)
      assert.strictEqual((yield* post(ingest, '{"other":1}', headers)).status, 202)
      assert.deepStrictEqual(
        (yield* stored).map(({ text }) => text),
        [...numbered(0, 3_000), '{"other":1}']
      )
    }).pipe(Effect.scoped)
  )

  it.live("says 429 when the stream is full and stores exactly what it said yes to", () =>
    Effect.gen(function* () {
      const { ingest, stored } = yield* start({}, { rawBytes: 262_144 })
      let yes = 0
      let no = 0
      for (let i = 0; i < 10; i++) {
        const { body, headers, status } = yield* post(ingest, `${i} ${"x".repeat(60_000)}`, plain)
        if (status === 202) yes += body.accepted ?? 0
        else {
          assert.strictEqual(status, 429)
          assert.strictEqual(headers.get("retry-after"), "1")
          no++
        }
      }
      assert.isAbove(no, 0)
      assert.strictEqual((yield* stored).length, yes)
    }).pipe(Effect.scoped)
  )

  it.live("says 503 while the broker is away, is not ready then, and takes the same request when it is back", () =>
    Effect.gen(function* () {
      const world = yield* startBroker()
      const { url } = yield* world.collect({ http: { port: 0 } }, { attemptTimeoutMillis: 100, deadlineMillis: 300 })
      const status = (path: string) => Effect.promise(async () => (await fetch(`${url}${path}`)).status)
      assert.strictEqual(yield* status("/health/ready"), 200)
      yield* Effect.promise(world.broker.kill)
      const headers = { ...plain, "idempotency-key": "k" }
      const refused = yield* post(`${url}/ingest`, "held", headers)
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"])
      assert.strictEqual(yield* status("/health/ready"), 503)
      assert.strictEqual(yield* status("/health/live"), 200)
      yield* Effect.promise(world.broker.start)
      const taken = yield* waitUntil(post(`${url}/ingest`, "held", headers), (reply) => reply.status === 202)
      assert.strictEqual(taken.body.accepted, 1)
      assert.deepStrictEqual(yield* world.texts(1), ["held"])
      yield* waitUntil(status("/health/ready"), (seen) => seen === 200)
    }).pipe(Effect.scoped)
  )

  it.live("finishes requests under way when the collector ends, and takes no more", () =>
    Effect.gen(function* () {
      const world = yield* startBroker()
      const scope = yield* Scope.make()
      const { collector, url } = yield* Scope.provide(
        world.collect({ http: { port: 0 }, frames: { lingerMillis: 300 } }),
        scope
      )
      const port = Number(new URL(url).port)
      const socket = connect(port, "127.0.0.1")
      let reply = ""
      socket.on("data", (chunk: Buffer) => {
        reply += chunk.toString()
      })
      socket.write(
        "POST /ingest HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nlinger"
      )
      yield* waitUntil(
        Effect.sync(() => collector.intake.bytes),
        (held) => held > 0
      )
      yield* Scope.close(scope, Exit.void)
      yield* waitUntil(
        Effect.sync(() => reply),
        (text) => text.includes("\r\n\r\n")
      )
      assert.include(reply, "202 Accepted")
      assert.deepStrictEqual(yield* world.texts(1), ["linger"])
      const refused = yield* Effect.promise(() => fetch(`${url}/ingest`).then(String, () => "refused"))
      assert.strictEqual(refused, "refused")
    }).pipe(Effect.scoped)
  )

  it.live("closes connections that do not send their headers in time", () =>
    Effect.gen(function* () {
      const { url } = yield* start({ headersTimeoutMillis: 200 })
      const closed = yield* Effect.callback<string>((resume) => {
        const socket = connect(Number(new URL(url).port), "127.0.0.1")
        let reply = ""
        socket.on("data", (chunk: Buffer) => {
          reply += chunk.toString()
        })
        socket.write("POST /ingest HTTP/1.1\r\nx-slow: ")
        socket.once("close", () => resume(Effect.succeed(reply)))
      })
      assert.include(closed, "408")
    }).pipe(Effect.scoped)
  )

  it.live("fails with one clear message when its port is taken", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const world = yield* startBroker()
      yield* world.collect({ http: { port } })
      const error = yield* Effect.flip(world.collect({ http: { port } }))
      assert.include(String(error), `cannot listen for http on 127.0.0.1:${port}`)
      assert.include(String(error), "give the source http another")
    }).pipe(Effect.scoped)
  )
})
