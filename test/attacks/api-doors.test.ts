// Attacks on the api that `tailrace up` runs by default: floods of a WebSocket, dear operations, followed links, broken requests.
import { connect } from "node:net"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { RunningTailrace } from "../e2e/running-tailrace.harness.ts"
import { watchLoopDelay } from "./stand/loop-delay.harness.ts"

const long = process.env.TAILRACE_ATTACKS === "long"
let running: RunningTailrace
beforeAll(async () => {
  running = await RunningTailrace.start()
}, 90_000)
watchLoopDelay(() => running)
afterAll(() => running.remove())

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${running.api}/metrics`)).text()
  return Number(new RegExp(`^${name.replace(/[{}]/g, "\\$&")} (\\S+)$`, "m").exec(text)?.[1] ?? 0)
}

/** Bytes over a connection of their own; all that was said until the other side closed it. */
const talk = (bytes: string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    let said = ""
    const socket = connect(running.ports.api, "127.0.0.1", () => socket.write(bytes))
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resolve(said))
  })

const socketOf = (): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${running.ports.api}/graphql`, "graphql-transport-ws")
    socket.once("error", reject)
    socket.once("open", () => {
      socket.off("error", reject)
      socket.on("error", () => undefined)
      resolve(socket)
    })
  })

/** A client's frame: opcode 9 is a ping, 1 a text, 0 goes on with one. */
const frame = (opcode: number, text: string, last = true): Buffer => {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([(last ? 0x80 : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

/** Frames straight onto the connection; the close code, and how long the api's loop was held up at most, in seconds. */
const flood = async (
  frames: Buffer
): Promise<{ readonly code: number; readonly lag: number; readonly others: number }> => {
  const socket = await socketOf()
  const greeted = new Promise((resolve) => socket.once("message", resolve))
  socket.send('{"type":"connection_init"}')
  await greeted
  // Each scrape begins a new measurement.
  await metric("nodejs_eventloop_lag_max_seconds")
  const closed = new Promise<number>((resolve) => socket.once("close", resolve))
  let over = false
  void closed.then(() => {
    over = true
  })
  const raw = (socket as unknown as { readonly _socket: { write: (bytes: Buffer) => void } })._socket
  raw.write(frames)
  let others = 0
  do {
    expect((await fetch(`${running.api}/health/live`)).status).toBe(200)
    others++
  } while (!over)
  return { code: await closed, lag: await metric("nodejs_eventloop_lag_max_seconds"), others }
}

const post = async (
  query: string,
  variables: object = {}
): Promise<{ readonly status: number; readonly text: string }> => {
  const answer = await fetch(`${running.api}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables })
  })
  return { status: answer.status, text: await answer.text() }
}

describe("a WebSocket of the api", () => {
  const times = (count: number, bytes: (i: number) => Buffer): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, i) => bytes(i)))
  const floods: Readonly<Record<string, () => Buffer>> = {
    pings: () => times(200_000, () => frame(9, "")),
    pongs: () => times(200_000, () => frame(10, "")),
    "pings of the protocol": () => times(50_000, () => frame(1, '{"type":"ping"}')),
    subscriptions: () =>
      times(20_000, (i) => frame(1, `{"id":"${i}","type":"subscribe","payload":{"query":"{ledger{stored}}"}}`)),
    "messages that are none": () => times(20_000, () => frame(1, "x"))
  }

  it("is closed when it floods, while others are answered", { timeout: 120_000 }, async () => {
    const seen: Record<string, object> = {}
    const refused = await metric('tailrace_api_refused_total{reason="too-many-messages"}')
    for (const [name, frames] of Object.entries(floods)) {
      const { code, lag, others } = await flood(frames())
      console.log(
        `attacks: ${name}: closed with ${code}, loop held up ${(lag * 1_000).toFixed(0)} ms at most, ${others} others answered`
      )
      seen[name] = { closed: [1006, 4429, 4400, 4409].includes(code), held: lag > 2 }
    }
    expect(seen).toEqual(Object.fromEntries(Object.keys(floods).map((name) => [name, { closed: true, held: false }])))
    expect(await metric('tailrace_api_refused_total{reason="too-many-messages"}')).toBeGreaterThanOrEqual(refused + 4)
  })

  it("takes no message in thousands of pieces, none that is packed, and none before it was greeted", async () => {
    const pieces = Buffer.concat([frame(1, "x", false), ...Array.from({ length: 5_000 }, () => frame(0, "x", false))])
    expect([1006, 1008, 4429]).toContain((await flood(pieces)).code)
    const packed = await new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${running.ports.api}/graphql`, "graphql-transport-ws", {
        perMessageDeflate: true
      })
      socket.once("error", reject)
      socket.once("open", () => {
        resolve(socket.extensions)
        socket.terminate()
      })
    })
    expect(packed).toBe("")
    const silent = await socketOf()
    const closed = new Promise((resolve) => silent.once("close", resolve))
    silent.send('{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}')
    expect(await closed).toBe(4401)
  })
})

describe("operations that ask for too much", () => {
  it("are refused by what their variables become, before anything is read", async () => {
    const pages = Array.from(
      { length: 10 },
      (_, i) => `a${i}: logs(first: $n) { nodes { id body attributes service } }`
    )
    const byDefault = await post(`query ($n: Int = 5000) { ${pages.join(" ")} }`)
    expect(byDefault.text).toContain('"LIMIT"')
    const counts = Array.from(
      { length: 29 },
      (_, i) => `a${i}: deadLetters { totalCount totalRecords nodes { payload } }`
    )
    expect((await post(`{ ${counts.join(" ")} }`)).text).toContain("reads of the store, at most 200")
    const schemas = Array.from({ length: 20 }, (_, i) => `a${i}: __schema { types { fields { name } } }`)
    expect((await post(`{ ${schemas.join(" ")} }`)).text).toContain('"LIMIT"')
    const batch = await fetch(`${running.api}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ query: "{ __typename }" }, { query: "{ __typename }" }])
    })
    expect(batch.status).toBe(400)
  })
})

describe("links and requests that are none", () => {
  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(running.api + path, { headers, redirect: "manual" })

  it("run nothing that writes, and from another site nothing at all", async () => {
    const drop = encodeURIComponent('mutation { dropDeadLetters(ids: ["0-1-0"]) { outcome } }')
    const read = encodeURIComponent("{ logs { totalCount } }")
    for (const accept of ["application/json", "*/*"]) {
      const own = await get(`/graphql?query=${drop}`, { accept })
      expect([own.status, await own.text()]).toEqual([405, expect.stringContaining("mutation")])
    }
    // Of a browser that a page of another site has sent here by a link.
    const visit = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document", accept: "text/html" }
    for (const query of [drop, read]) {
      const bytes = `GET /graphql?query=${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Mode: navigate\r\n`
      const head = Object.entries(visit).map(([name, value]) => `${name}: ${value}\r\n`)
      const said = await talk(`${bytes}${head.join("")}\r\n`)
      expect(said).toMatch(/^HTTP\/1\.1 303 /)
      expect(said).toMatch(/\r\nLocation: \/graphql\r\n/i)
      expect(said).not.toContain("totalCount")
    }
  })

  it("are told apart where two readers could differ: refused, and the connection ends", async () => {
    const host = "Host: localhost\r\n"
    const json = "Content-Type: application/json\r\n"
    const corpus = [
      `POST /graphql HTTP/1.1\r\n${host}${json}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n${host}\r\n`,
      `POST /graphql HTTP/1.1\r\n${host}${json}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345`,
      `POST /graphql HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `POST /graphql HTTP/1.1\r\n${host}${json}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      `POST /graphql HTTP/1.1\r\n${host}${json}Content-Length: +5\r\n\r\n12345`,
      `POST /graphql HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
      `GET / HTTP/1.1\r\n${host}X: a\r\n b: folded\r\nA\0: b\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`,
      `GET / HTTP/1.1\nHost: localhost\nX: a\rb\n\n`,
      `GARBLE / HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/9.9\r\n${host}\r\n`,
      `GET /\r\n\r\n`,
      "GET / HTTP/1.1\r\n\r\n",
      `\x16\x03\x01\x02\x00\x01`
    ]
    const statuses = await Promise.all(corpus.map(async (bytes) => (await talk(bytes)).match(/HTTP\/1\.1 (\d+)/g)))
    expect(statuses).toEqual(corpus.map(() => [expect.stringMatching(/ (400|403)$/)]))
    expect(await talk(`GET / HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it("learn nothing of the inside, and every answer has its headers", async () => {
    const answers = await Promise.all(
      [
        "/",
        "/graphql",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/nothing",
        "/graphql?query=%7Bx",
        "/graphql?query=%7Bx%7D"
      ].map((path) => get(path))
    )
    for (const answer of answers) {
      const text = await answer.text()
      expect(answer.headers.get("x-content-type-options"), answer.url).toBe("nosniff")
      expect(answer.headers.get("content-security-policy"), answer.url).toContain("frame-ancestors 'none'")
      expect(answer.headers.get("x-powered-by")).toBeNull()
      expect(text, answer.url).not.toMatch(/node_modules|\/src\/|at \w+ \(|file:\/\//)
      expect(text).not.toContain(running.folder)
    }
    const wrong = [
      "query ($n: Int!) { logs(first: $n) { totalCount } }",
      '{ values(field: "\\u0000\'") { value } }',
      '{ logs(after: "x", from: "never") { totalCount } }',
      '{ deadLetter(id: "../../etc/passwd") { id } }'
    ]
    for (const query of wrong)
      expect((await post(query, { n: {} })).text, query).not.toMatch(
        /node_modules|\/src\/|SELECT|FROM logs|127\.0\.0\.1:|file:\/\//
      )
    const refused = await talk(
      "GET /graphql HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    expect(refused).toMatch(/^HTTP\/1\.1 403 [\s\S]*X-Content-Type-Options: nosniff/)
  })

  it("may come a thousand at once on one connection, while others are answered", async () => {
    const count = long ? 200_000 : 20_000
    await metric("nodejs_eventloop_lag_max_seconds")
    const bytes = Buffer.from("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(count))
    let said = ""
    const socket = connect(running.ports.api, "127.0.0.1", () => socket.write(bytes))
    socket.on("error", () => undefined)
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1")
    })
    let others = 0
    do {
      expect((await fetch(`${running.api}/health/live`)).status).toBe(200)
      others++
    } while (!socket.destroyed && !/Connection: close/i.test(said))
    socket.destroy()
    expect(said.match(/HTTP\/1\.1 200/g)?.length).toBeLessThanOrEqual(200)
    const lag = await metric("nodejs_eventloop_lag_max_seconds")
    console.log(
      `attacks: ${count} pipelined requests: loop held up ${(lag * 1_000).toFixed(0)} ms at most, ${others} others answered`
    )
    expect(lag).toBeLessThan(2)
  })

  it("leave the api as it was", async () => {
    const body = '{"level":"error","service":"after","msg":"still stored"}'
    await fetch(`${running.collector}/ingest`, { method: "POST", body })
    await running.untilCount("service:after", 1)
    await waitFor(
      () => metric("tailrace_api_reads"),
      (reads) => reads === 0
    )
  })
})
