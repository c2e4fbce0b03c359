// Integration tests of the api's border: pages of other sites, oversized and slow requests, a store that is away.
import { connect } from "node:net"
import { assert, layer } from "@effect/vitest"
import { freePort } from "@tailrace/testing/free-port"
import { waitFor } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer } from "effect"
import { WebSocket } from "ws"
import { startWorld, type World } from "./api.harness.ts"
import { clientOf, tail } from "./tail-client.harness.ts"

class Guarded extends Context.Service<Guarded, World>()("test/Guarded") {}
const guarded = Layer.effect(
  Guarded,
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    return yield* startWorld({
      storeUrl: `http://127.0.0.1:${port}`,
      origins: ["https://logs.example"],
      limits: { bodyBytes: 10_000, headerSeconds: 1, operations: 3 }
    })
  })
)

interface Reply {
  readonly status: number
  readonly headers: string
  readonly body: string
}

/** One request as raw bytes, because fetch sets Host, Origin and Sec-Fetch-Site as it pleases. */
const raw = (world: World, text: string): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let reply = ""
    socket.on("data", (chunk) => {
      reply += chunk
    })
    socket.on("error", reject)
    socket.on("close", () => {
      const [headers = "", body = ""] = reply.split("\r\n\r\n", 2)
      resolve({ status: Number(headers.split(" ")[1]), headers, body })
    })
  })

const request = (world: World, line: string, headers: Record<string, string> = {}, body = ""): Promise<Reply> => {
  const all = { Host: new URL(world.url).host, Connection: "close", ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return raw(world, `${line} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`)
}

const typename = '{"query":"{ __typename }"}'
const post = (world: World, headers: Record<string, string>, body = typename): Promise<Reply> =>
  request(world, "POST /graphql", { "Content-Type": "application/json", ...headers }, body)

layer(guarded, { excludeTestServices: true })("the api's border", (it) => {
  const test = (name: string, run: (world: World) => Promise<void>): void =>
    it.effect(name, () => Effect.flatMap(Guarded, (world) => Effect.promise(() => run(world))))

  test("answers its own pages and those of listed origins, and no others", async (world) => {
    const own = world.url
    assert.strictEqual((await post(world, {})).status, 200)
    assert.strictEqual((await post(world, { Origin: own })).status, 200)
    assert.strictEqual((await post(world, { Origin: "https://logs.example" })).status, 200)
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
      const { body, status } = await post(world, { Origin: origin })
      assert.strictEqual(status, 403)
      assert.notInclude(body, "data")
    }
    const ask = "GET /graphql?query=%7B__typename%7D"
    assert.strictEqual((await request(world, ask, { "Sec-Fetch-Site": "cross-site" })).status, 403)
    assert.strictEqual((await request(world, ask, { "Sec-Fetch-Site": "same-origin" })).status, 200)
    const visit = {
      "Sec-Fetch-Site": "cross-site",
      "Sec-Fetch-Mode": "navigate",
      "Sec-Fetch-Dest": "document",
      Accept: "text/html"
    }
    assert.strictEqual((await request(world, "GET /graphql", visit)).status, 200)
    assert.strictEqual((await request(world, "GET /graphql", { ...visit, "Sec-Fetch-Dest": "iframe" })).status, 403)
  })

  test("does not answer to a foreign name that leads to this machine", async (world) => {
    const { port } = new URL(world.url)
    for (const host of [`evil.example:${port}`, ""]) {
      assert.strictEqual((await post(world, { Host: host })).status, 403)
    }
    for (const host of [`localhost:${port}`, `[::1]:${port}`, `logs.example:${port}`]) {
      assert.strictEqual((await post(world, { Host: host })).status, 200)
    }
  })

  test("runs nothing of types that forms can send", async (world) => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      assert.strictEqual((await post(world, { "Content-Type": type })).status, 415)
    }
  })

  test("refuses WebSockets of foreign pages and other paths", async (world) => {
    const status = (path: string, origin: string | undefined): Promise<number> =>
      new Promise((resolve) => {
        const options = origin === undefined ? {} : { origin }
        const socket = new WebSocket(world.socketUrl.replace("/graphql", path), "graphql-transport-ws", options)
        socket.on("error", () => {})
        socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0))
        socket.on("open", () => {
          socket.terminate()
          resolve(101)
        })
      })
    assert.strictEqual(await status("/graphql", "https://evil.example"), 403)
    assert.strictEqual(await status("/graphql", world.url), 101)
    assert.strictEqual(await status("/graphql", undefined), 101)
    assert.strictEqual(await status("/other", undefined), 404)
  })

  test("refuses bodies beyond the bound, announced or not, and messages of a WebSocket", async (world) => {
    const large = JSON.stringify({ query: `{ __typename } # ${"x".repeat(20_000)}` })
    const announced = await post(world, {}, large)
    assert.strictEqual(announced.status, 413)
    assert.include(announced.body, '"LIMIT"')
    const chunk = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`
    const host = new URL(world.url).host
    const chunked = await raw(
      world,
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`
    )
    assert.strictEqual(chunked.status, 413)
    const socket = new WebSocket(world.socketUrl, "graphql-transport-ws")
    const code = await new Promise((resolve) => {
      socket.on("open", () => socket.send(large))
      socket.on("close", resolve)
    })
    assert.strictEqual(code, 1009)
  })

  test("cuts clients that never end their head", async (world) => {
    const reply = await raw(world, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    assert.strictEqual(reply.status, 408)
  })

  test("answers HEAD with what GET would, without its body", async (world) => {
    for (const path of ["/", "/health/live", "/metrics", "/graphql?query=%7B__typename%7D"]) {
      const head = await request(world, `HEAD ${path}`)
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.body, "")
    }
    assert.strictEqual((await request(world, "DELETE /")).status, 405)
    assert.strictEqual((await request(world, "GET /nothing")).status, 404)
  })

  test("says that the store is away, by every transport, and nothing of its insides", async (world) => {
    const { errors } = await world.ask("{ logs { totalCount nodes { id } } }")
    assert.strictEqual(errors?.[0]?.extensions.code, "STORE_UNAVAILABLE")
    assert.notMatch(JSON.stringify(errors), /ECONNREFUSED|127\.0\.0\.1|stack|node_modules/)
    const client = clientOf(world)
    const live = tail(client)
    await waitFor(
      () => live.errors.length,
      (count) => count === 1
    )
    assert.include(JSON.stringify(live.errors), '"STORE_UNAVAILABLE"')
    assert.strictEqual(await world.tails(), 0)
    await client.dispose()
  })

  test("bounds the operations of one WebSocket", async (world) => {
    const client = clientOf(world)
    const errors: Array<unknown> = []
    for (let i = 0; i < 4; i++) {
      client.subscribe(
        { query: "subscription { anomalies { sentence } }" },
        { next: ({ errors: found }) => errors.push(found), complete: () => {}, error: (found) => errors.push(found) }
      )
    }
    await waitFor(
      () => errors.length,
      (count) => count === 1
    )
    assert.include(JSON.stringify(errors), '"LIMIT"')
    await client.dispose()
  })

  test("sends its pages with a policy that loads nothing from elsewhere", async (world) => {
    for (const path of ["/", "/graphql"]) {
      const page = await request(world, `GET ${path}`, { Accept: "text/html" })
      assert.strictEqual(page.status, 200)
      assert.match(page.headers, /content-security-policy: default-src 'none'/i)
      assert.match(page.headers, /x-content-type-options: nosniff/i)
      assert.include(page.body, "<title>Tailrace</title>")
    }
  })
})
