// End to end: a thousand numbered records by each way in, found exactly once, through a restart in the middle; the ledger adds up.
import { createSocket } from "node:dgram"
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { connect as connectTcp } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { connect } from "@nats-io/transport-node"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { httpRequest } from "../attacks/raw-http.ts"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

const records = 1_000
const numbers = Array.from({ length: records }, (_, i) => i)
const jsonLine = (way: string, i: number): string =>
  JSON.stringify({
    ts: new Date(1_790_000_000_000 + i).toISOString(),
    level: i % 10 === 0 ? "error" : "info",
    service: way,
    msg: `${way} record ${i}`,
    way,
    i
  })

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start((folder) => [
    "--file",
    join(folder, "watched", "*.log"),
    "--name",
    "logs.internal"
  ])
  mkdirSync(join(running.folder, "watched"), { recursive: true })
}, 120_000)

afterAll(async () => {
  await running?.remove()
})

const post = async (
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {}
): Promise<{ status: number; body: { accepted: number; rejected: number; errors: ReadonlyArray<unknown> } }> => {
  const response = await fetch(`${running.collector}${path}`, { method: "POST", headers, body: body as string })
  return { status: response.status, body: (await response.json()) as never }
}

/** Every number of a way exactly once, by reading all its records. */
const expectEachOnce = async (way: string, query: string): Promise<void> => {
  await running.untilCount(query, records)
  const seen: Array<number> = []
  let after: string | null = null
  do {
    const data: {
      logs: {
        nodes: ReadonlyArray<{ body: string; attributes: Record<string, string> }>
        pageInfo: { hasNextPage: boolean; endCursor: string }
      }
    } = await running.graphql(
      "query ($query: String, $after: String) { logs(query: $query, first: 1000, after: $after) { nodes { body attributes } pageInfo { hasNextPage endCursor } } }",
      { query, after }
    )
    for (const node of data.logs.nodes) seen.push(Number(/(\d+)$/.exec(node.body)?.[1]))
    after = data.logs.pageInfo.hasNextPage ? data.logs.pageInfo.endCursor : null
  } while (after !== null)
  expect(
    seen.sort((a, b) => a - b),
    way
  ).toEqual(numbers)
}

describe("a thousand records each way", { retry: 0 }, () => {
  it("arrive by HTTP: one, as NDJSON and compressed", async () => {
    const one = await post("/ingest/curl", jsonLine("curl", 0), { "content-type": "application/json" })
    expect(one).toEqual({ status: 202, body: expect.objectContaining({ accepted: 1, rejected: 0 }) })
    const lines = numbers
      .slice(1, 500)
      .map((i) => `${jsonLine("curl", i)}\n`)
      .join("")
    expect((await post("/ingest/curl", lines, { "content-type": "application/x-ndjson" })).body.accepted).toBe(499)
    const packed = gzipSync(
      numbers
        .slice(500)
        .map((i) => `${jsonLine("curl", i)}\n`)
        .join("")
    )
    expect(
      (await post("/ingest/curl", packed, { "content-type": "application/x-ndjson", "content-encoding": "gzip" })).body
        .accepted
    ).toBe(500)
    await expectEachOnce("curl", "way:curl")
  })

  it("arrive by syslog over UDP", async () => {
    const socket = createSocket("udp4")
    for (const i of numbers) {
      await new Promise<void>((resolve, reject) =>
        socket.send(
          `<165>1 2026-09-21T14:13:20.${String(i).padStart(3, "0")}Z web udpapp ${i} - - udp record ${i}`,
          running.ports.syslog,
          "127.0.0.1",
          (error) => (error ? reject(error) : resolve())
        )
      )
    }
    socket.close()
    await expectEachOnce("udp", "service:udpapp")
  })

  it("arrive by syslog over TCP, in both framings", async () => {
    const message = (i: number): string => `<165>1 2026-09-21T14:13:20Z web tcpapp ${i} - - tcp record ${i}`
    for (const octets of [true, false]) {
      const part = octets ? numbers.slice(0, 500) : numbers.slice(500)
      const socket = connectTcp(running.ports.syslog, "127.0.0.1")
      await new Promise<void>((resolve) => socket.once("connect", () => resolve()))
      socket.end(part.map((i) => (octets ? `${message(i).length} ${message(i)}` : `${message(i)}\n`)).join(""))
      await new Promise<void>((resolve) => socket.once("close", () => resolve()))
    }
    await expectEachOnce("tcp", "service:tcpapp")
  })

  it("arrive from a file that is rotated while it is written", async () => {
    const file = join(running.folder, "watched", "app.log")
    writeFileSync(file, "")
    for (const i of numbers) {
      if (i === 400) renameSync(file, `${file}.1`)
      appendFileSync(file, `${jsonLine("file", i)}\n`)
    }
    await expectEachOnce("file", "way:file")
  })

  it("arrive by NATS, single and in batches", async () => {
    const nats = await connect({ servers: `127.0.0.1:${running.ports.nats}` })
    for (const i of numbers.slice(0, 500)) nats.publish("logs.in.default.bus", jsonLine("nats", i))
    for (let i = 500; i < records; i += 100) {
      nats.publish(
        "logs.in.default.bus",
        numbers
          .slice(i, i + 100)
          .map((n) => `${jsonLine("nats", n)}\n`)
          .join("")
      )
    }
    await nats.drain()
    await expectEachOnce("nats", "way:nats")
  })

  it("arrive by `tailrace send`", async () => {
    const sent = await tailrace(
      ["send", "-", "--source", "cli", "--collector", running.collector],
      numbers.map((i) => `${jsonLine("send", i)}\n`).join("")
    )
    expect(sent).toEqual({ code: 0, err: "", out: expect.stringContaining('"accepted":1000') })
    await expectEachOnce("send", "way:send")
  })

  it("are neither lost nor doubled by a restart of everything in the middle", async () => {
    const lines = numbers.map((i) => `${jsonLine("restart", i)}\n`)
    for (let i = 0; i < records; i += 50) {
      if (i === 500) {
        expect(await running.down()).toBe(0)
        await running.up()
      }
      expect(
        (await post("/ingest/restart", lines.slice(i, i + 50).join(""), { "content-type": "application/x-ndjson" }))
          .status
      ).toBe(202)
    }
    await expectEachOnce("restart", "way:restart")
  }, 120_000)

  it("keep every kind of text", async () => {
    const texts = [
      "größe ✓ 日本 🎉",
      'quo"ted \\ back',
      "two\nlines\tand a tab",
      "x".repeat(64 * 1024),
      "$" + "{jndi:ldap://x}",
      "\u001b[31mred"
    ]
    const body = JSON.stringify(
      texts.map((text, n) => ({ msg: `odd ${n}`, odd: "yes", text, nested: { deep: text.slice(0, 5) } }))
    )
    expect((await post("/ingest/odd", body, { "content-type": "application/json" })).body.accepted).toBe(texts.length)
    await running.untilCount("odd:yes", texts.length)
    const data = await running.graphql<{
      logs: { nodes: ReadonlyArray<{ body: string; attributes: Record<string, string> }> }
    }>('{ logs(query: "odd:yes", first: 10) { nodes { body attributes } } }')
    const byNumber = new Map(data.logs.nodes.map((node) => [Number(node.body.slice(4)), node.attributes]))
    texts.forEach((text, n) => {
      expect(byNumber.get(n)?.text).toBe(text)
      expect(byNumber.get(n)?.["nested.deep"]).toBe(text.slice(0, 5))
    })
  })

  it("leave a ledger that adds up", async () => {
    const rows = await running.count("")
    const { ledger } = await waitFor(
      () =>
        running.graphql<{
          ledger: { received: number; stored: number; unaccounted: number; balanced: boolean }
        }>("{ ledger { received stored unaccounted balanced } }"),
      (seen) => seen.ledger.stored >= rows
    )
    expect(ledger).toMatchObject({ stored: rows, unaccounted: 0, balanced: true })
    const command = await tailrace(["ledger", "--api", running.api])
    expect(command.code).toBe(0)
    const ports = [
      "--data",
      running.data,
      "--nats-port",
      String(running.ports.nats),
      "--store-port",
      String(running.ports.store)
    ]
    const check = await tailrace(["ledger", "--check", ...ports])
    expect(JSON.parse(check.out)).toMatchObject({ balanced: true, differences: [], stored: ledger.stored })
    expect(check.code).toBe(0)
  })
})

describe("api and collector", () => {
  it("answer under the name they were given, and under no other", async () => {
    for (const port of [running.ports.api, running.ports.http]) {
      const status = async (host: string) =>
        (await httpRequest(port, { path: "/health/live", headers: { host } })).status
      expect([await status("logs.internal:4080"), await status("evil.example")]).toEqual([200, 403])
    }
  })
})
