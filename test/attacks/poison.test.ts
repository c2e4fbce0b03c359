// Poison in what processes agree by, against `tailrace up` as it starts by default: garbage, lies, old and future values from one
// who has got into the bus, and bombs from one who may publish. Every record still ends once, and nothing stands still.
import { readFileSync } from "node:fs"
import { zstdCompressSync } from "node:zlib"
import { headers, type NatsConnection } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { clientOf, tail } from "@tailrace/api/tail-client.harness"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { brokerUser } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "../e2e/running-tailrace.harness.ts"
import { watchLoopDelay } from "./stand/loop-delay.harness.ts"

let running: RunningTailrace
/** As one of the product's own processes that has gone mad. */
let inside: NatsConnection
/** As anybody who reaches the port. */
let outside: NatsConnection

beforeAll(async () => {
  running = await RunningTailrace.start()
  const servers = `127.0.0.1:${running.ports.nats}`
  inside = await connect({ servers, ...brokerUser(running.data, "processor") })
  outside = await connect({ servers })
})
watchLoopDelay(() => running)
afterAll(async () => {
  await inside?.close()
  await outside?.close()
  await running?.remove()
})

let sent = 0
/** Sends a hundred numbered records by HTTP and waits until exactly as many as were ever sent are stored. */
const round = async (): Promise<void> => {
  const lines = Array.from({ length: 100 }, () => JSON.stringify({ msg: `numbered ${sent++}` }))
  const response = await fetch(`${running.collector}/ingest/numbered`, {
    method: "POST",
    body: `${lines.join("\n")}\n`
  })
  expect(response.status).toBe(202)
  await running.untilCount("source:numbered", sent)
  expect(await running.count("source:numbered")).toBe(sent)
}

const ready = () =>
  waitFor(
    async () => (await fetch(`${running.api}/health/ready`)).status,
    (status) => status === 200,
    { what: "being ready again" }
  )

const ahead = 1_000_000_000_000
const cut = { first: 1, last: ahead, attempt: 1, ingestedAt: Date.now() }

/** One row of partition 0 under a sequence that nobody has reached. */
const forged = (): Uint8Array => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence: ahead, tenant: "default", source: "numbered", receivedMillis: Date.now() })
  batch.appendRecord({ body: "forged" })
  return encodeBatch(batch)
}

const garbage = ["", "\u0000\u0001 no json", "null", "[".repeat(100_000), "{}"]

const poisonEverything = async (): Promise<void> => {
  const all = [
    ...["owners.cut.0", "owners.lease.0", "$KV.state.windows.default.0", "$KV.state.pipeline.0", "$KV.config.x"],
    ...["logs.live.0", "logs.live.x", "tailrace.state.x", "logs.anomalies.default.errors", "logs.panes.default.errors"],
    ...["logs.parsed.0", "logs.filtered.0", "logs.enriched.0"]
  ]
  for (const text of garbage) for (const subject of all) inside.publish(subject, text)
  const behind = headers()
  behind.set("Tailrace-Behind", "0")
  inside.publish("logs.live.0", forged(), { headers: behind })
  inside.publish("owners.cut.0", JSON.stringify({ owner: "somebody", cuts: { rows: cut, ledger: cut } }))
  await inside.flush()
}

/** Most memory that the main process ever had, bytes. Linux only. */
const peakMemory = (): number => {
  const status = readFileSync(`/proc/${running.mainPid()}/status`, "utf8")
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

const rounds = process.env.TAILRACE_ATTACKS === "long" ? 20 : 2

it("costs no record, shows none twice, and is over by itself", async () => {
  await round()
  const client = clientOf({ socketUrl: `ws://127.0.0.1:${running.ports.api}/graphql` })
  const live = tail(client, { query: "source:numbered" })
  await waitFor(
    async () => Number(/^tailrace_api_tails (\d+)$/m.exec(await (await fetch(`${running.api}/metrics`)).text())?.[1]),
    (tails) => tails === 1
  )
  const shownFrom = sent
  for (let i = 0; i < rounds; i++) {
    await poisonEverything()
    await round()
    await ready()
  }
  const expected = Array.from({ length: sent - shownFrom }, (_, i) => `numbered ${shownFrom + i}`)
  await waitFor(
    () => live.bodies().length,
    (shown) => shown >= expected.length,
    { what: "the tail having all" }
  )
  expect(live.bodies().sort()).toEqual(expected.sort())
  live.stop()
  await client.dispose()
})

it("lets nobody fill the memory, nor publish what is never accounted", async () => {
  const packed = headers()
  packed.set("Tailrace-Encoding", "zstd")
  const bomb = zstdCompressSync("x\n".repeat(4_000_000))
  expect(bomb.length).toBeLessThan(1_000)
  for (let i = 0; i < 4; i++) await outside.request("logs.in.default.bomb", bomb, { headers: packed, timeout: 5_000 })
  for (const subject of ["logs.in.default.*", "logs.in.*.app", "logs.in.default.>"])
    await outside.request(subject, "a\nb")
  await expect(outside.request("logs.in.a.b.c", "x", { timeout: 1_000 })).rejects.toThrow()
  await round()
  await ready()
  const rejected = 16_000_006
  await waitFor(
    async () => (await running.graphql<{ ledger: { rejected: number } }>("{ ledger { rejected } }")).ledger.rejected,
    (seen) => seen >= rejected,
    { what: "the ledger having all" }
  )
  const { ledger } = await running.graphql<{ ledger: object }>("{ ledger { rejected balanced } }")
  expect(ledger).toEqual({ rejected, balanced: true })
  expect(peakMemory()).toBeLessThan(900_000_000)
  const ports = ["--nats-port", String(running.ports.nats), "--store-port", String(running.ports.store)]
  const check = await tailrace(["ledger", "--check", "--data", running.data, ...ports])
  expect(JSON.parse(check.out)).toMatchObject({ balanced: true, differences: [] })
})
