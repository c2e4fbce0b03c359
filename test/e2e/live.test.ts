// End to end: live tail by WebSocket, by server-sent events and by the command line; a window closes and an anomaly appears.
import { spawn } from "node:child_process"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { createClient } from "graphql-ws"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { RunningTailrace } from "./running-tailrace.harness.ts"

interface Batch {
  readonly rows: ReadonlyArray<{ readonly body: string }>
  readonly matched: number
  readonly dropped: number
}

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start()
}, 120_000)

afterAll(async () => {
  await running?.remove()
})

const send = async (records: ReadonlyArray<object>): Promise<void> => {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join("")
  const response = await fetch(`${running.collector}/ingest/live`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body
  })
  expect(response.status).toBe(202)
}

/** Sends records until the tail shows the first, so that it is known to be live; they do not match `service:shop`. */
const numbered = (count: number, more: object): ReadonlyArray<object> =>
  Array.from({ length: count }, (_, i) => ({ msg: `number ${i}`, ...more }))

describe("a live tail", () => {
  it("by WebSocket gets what matches and nothing else", async () => {
    const client = createClient({ url: `${running.api.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket })
    const batches: Array<Batch> = []
    const stop = client.subscribe<{ tail: Batch }>(
      { query: 'subscription { tail(query: "service:shop level:error") { rows { body } matched dropped } }' },
      {
        next: ({ data }) => data && batches.push(data.tail),
        error: (error) => expect(error).toBeUndefined(),
        complete: () => undefined
      }
    )
    await waitFor(
      () => liveTails(),
      (count) => count === 1,
      { what: "the tail being open" }
    )
    await send([
      ...numbered(50, { service: "shop", level: "error" }),
      ...numbered(50, { service: "shop", level: "info" }),
      ...numbered(50, { service: "other", level: "error" })
    ])
    const rows = await waitFor(
      () => batches.flatMap((batch) => batch.rows),
      (seen) => seen.length >= 50,
      { what: "50 live rows" }
    )
    expect(rows.map((row) => row.body)).toEqual(numbered(50, {}).map((record) => (record as { msg: string }).msg))
    expect(batches.reduce((sum, batch) => sum + batch.matched - batch.dropped, 0)).toBe(50)
    stop()
    await client.dispose()
    await waitFor(
      () => liveTails(),
      (count) => count === 0,
      { what: "the tail being closed" }
    )
  })

  it("by server-sent events gets the same", async () => {
    const abort = new AbortController()
    const response = await fetch(`${running.api}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: 'subscription { tail(query: "service:sse") { rows { body } } }' }),
      signal: abort.signal
    })
    expect(response.headers.get("content-type")).toContain("text/event-stream")
    await waitFor(
      () => liveTails(),
      (count) => count === 1,
      { what: "the tail being open" }
    )
    await send([
      { service: "sse", msg: "over events" },
      { service: "not", msg: "not this" }
    ])
    let text = ""
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString()
      if (text.includes("over events")) break
    }
    expect(text).not.toContain("not this")
    abort.abort()
  })

  it("by the command line prints a line of JSON for each record", async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../../apps/tailrace/src/main.ts"), "tail", "service:cli", "--api", running.api],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    let out = ""
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString()
    })
    await waitFor(
      () => liveTails(),
      (count) => count >= 1,
      { what: "the tail being open", timeoutMillis: 20_000 }
    )
    await send([{ service: "cli", msg: "on the \u001b[31mterminal" }])
    await waitFor(
      () => out,
      (text) => text.endsWith("\n"),
      { what: "a printed line" }
    )
    expect(JSON.parse(out)).toMatchObject({ body: "on the \u001b[31mterminal", service: "cli" })
    child.kill("SIGINT")
    await new Promise((resolve) => child.once("exit", resolve))
  })
})

describe("a window", () => {
  // Begins anew: event time is where the records before have brought it, and these are older.
  beforeAll(async () => {
    await running.remove()
    running = await RunningTailrace.start()
  })

  it("closes into a pane, and one far from its past into an anomaly", async () => {
    const window = 10_000
    const start = Date.parse("2026-11-01T00:00:00Z")
    const at = (number: number, i: number): string => new Date(start + number * window + i).toISOString()
    const quiet = Array.from({ length: 40 }, (_, w) =>
      Array.from({ length: 10 + (w % 3) }, (_, i) => ({
        ts: at(w, i),
        service: "watched",
        level: "error",
        msg: "now and then"
      }))
    ).flat()
    const burst = Array.from({ length: 400 }, (_, i) => ({
      ts: at(40, i),
      service: "watched",
      level: "error",
      msg: "all at once"
    }))
    const after = Array.from({ length: 3 }, (_, w) => ({
      ts: at(50 + w * 10, 0),
      service: "watched",
      level: "error",
      msg: "time goes on"
    }))
    await send(quiet)
    await send(burst)
    await send(after)
    const found = await waitFor(
      () =>
        running.graphql<{
          anomalies: ReadonlyArray<{ sentence: string; value: number; key: { service?: string } }>
          panes: ReadonlyArray<{ value: number; key: { service?: string } }>
        }>("{ anomalies(first: 100) { sentence value key } panes(first: 5000) { value key } }"),
      (seen) => seen.anomalies.some((anomaly) => anomaly.key.service === "watched" && anomaly.value === 400),
      { what: "the anomaly", timeoutMillis: 30_000 }
    )
    expect(found.panes.some((pane) => pane.key.service === "watched" && pane.value === 400)).toBe(true)
    expect(found.anomalies.find((anomaly) => anomaly.value === 400)?.sentence).toContain("watched")
  })
})

/** Live tails open now, as the metrics tell. */
const liveTails = async (): Promise<number> => {
  const text = await (await fetch(`${running.api}/metrics`)).text()
  return Number(/^tailrace_api_subscriptions (\d+)/m.exec(text)?.[1])
}
