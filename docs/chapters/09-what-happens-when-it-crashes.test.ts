// Chapter 9: what happens when it crashes. Every process is killed without warning, and what was acknowledged is kept.
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Services, services } from "../../test/chaos/stand/services.ts"

// Five processes of their own: broker, store, collector, processor, api. `kill` is kill -9 and a new start.
let system: Services

interface Counts {
  readonly rows: string
  readonly numbers: string
  readonly rollup: string
  readonly received: string
}

const counted = () =>
  system
    .select<Counts>(`SELECT
      (SELECT count() FROM logs) AS rows,
      (SELECT uniqExact(attributes['number']) FROM logs) AS numbers,
      (SELECT sum(records) FROM logs_per_minute) AS rollup,
      (SELECT sum(received) FROM ledger) AS received`)
    .then(([row]) => Object.values(row ?? {}).map(Number))

/** Waits until so many numbers are stored, and then all four counts have to be the same. */
const exactly = async (numbers: number): Promise<void> => {
  const all = [numbers, numbers, numbers, numbers]
  const seen = await waitFor(
    () => counted().catch(() => []),
    ([, stored = 0, , received = 0]) => stored >= numbers && received >= numbers
  )
  expect(seen).toEqual(all)
}

const post = async (numbers: ReadonlyArray<number>, key: string): Promise<number> => {
  const response = await fetch(`${system.collector}/ingest/chapter`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", "idempotency-key": key },
    body: linesOf(numbers)
  })
  await response.arrayBuffer()
  return response.status
}

/** A sender as it should be: no answer, 429 and 503 mean that the same request is sent again under the same key. */
const send = (numbers: ReadonlyArray<number>, key: string): Promise<number> =>
  waitFor(
    () => post(numbers, key).catch(() => 0),
    (status) => status === 202,
    { what: `${key} being taken` }
  )

const killAll = async (): Promise<void> => {
  for (const service of Object.values(system.processes)) await service.end("SIGKILL")
}

const startAll = async (): Promise<void> => {
  for (const name of ["broker", "store", "processor", "collector", "api"] as const) await system.processes[name].start()
}

const linesOf = (numbers: ReadonlyArray<number>): string =>
  numbers.map((number) => `${JSON.stringify({ number })}\n`).join("")

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe.skipIf(!existsSync("/proc/self"))("a crash", () => {
  beforeAll(async () => {
    system = await services()
  })
  afterAll(() => system?.remove())

  it("of collector and broker keeps what was answered with 202: the broker had it on the disk before", async () => {
    expect(await post(range(0, 100), "first")).toBe(202)
    await Promise.all([system.kill("collector"), system.kill("broker")])
    await exactly(100)
  })

  it("under a request leaves the sender without an answer, who sends it again under its key and changes nothing", async () => {
    const { collectorToBroker } = system.ways
    // The broker stores the frame, and its acknowledgement never arrives.
    await collectorToBroker.set({ toClient: { swallow: true } })
    const answer = post(range(100, 200), "second").catch(() => 0)
    await exactly(200)
    await system.processes.collector.end("SIGKILL")
    expect(await answer).toBe(0)
    await collectorToBroker.set()
    await system.processes.collector.start()
    await send(range(100, 200), "second")
    await exactly(200)
  })

  it("of the store delays rows; senders do not notice, because the broker keeps what comes in", async () => {
    await system.processes.store.end("SIGKILL")
    expect(await post(range(200, 300), "third")).toBe(202)
    await system.processes.store.start()
    await exactly(300)
  })

  it("of the processor is found out by what it stored: it goes on behind its last row", async () => {
    const sending = Promise.all(
      range(0, 20).map((request) => send(range(300 + request * 50, 350 + request * 50), `request ${request}`))
    )
    await system.kill("processor")
    await sending
    await system.kill("processor")
    await exactly(1_300)
  })

  it("of the machine takes what ClickHouse had not synced, and what is there is asked for", async () => {
    await killAll()
    // Parts of an acknowledged insert are synced, the logs of its tokens never are: the store forgets that it knows it.
    const store = join(system.folder, "store")
    const logs = readdirSync(store, { recursive: true, encoding: "utf8" }).filter((file) =>
      /deduplication_logs\/.*\.txt$/.test(file)
    )
    expect(logs.length).toBeGreaterThan(0)
    for (const log of logs) truncateSync(join(store, log), 0)
    await startAll()
    expect(await post(range(1_300, 1_400), "after the power is back")).toBe(202)
    await exactly(1_400)
  })

  it("of the machine takes the end of a followed file, which is gone on with behind the lines that are as they were", async () => {
    appendFileSync(system.followed, linesOf(range(1_400, 1_450)))
    await exactly(1_450)
    await killAll()
    // Its program had not synced it: the last lines are gone, and half of one is left.
    const text = readFileSync(system.followed, "utf8")
    truncateSync(system.followed, text.indexOf('"number":1430') + 3)
    await startAll()
    // The store has the lines that the file lost; none is read twice, and the torn one is no record.
    appendFileSync(system.followed, linesOf(range(1_450, 1_500)))
    await exactly(1_500)
    expect(system.processes.collector.output).toMatch(/as after a power failure: it is read on at byte \d+/)
  })

  it("that takes the broker's folder leaves a stream made anew, whose messages are a generation of their own", async () => {
    await killAll()
    rmSync(join(system.folder, "nats"), { recursive: true })
    await startAll()
    // The new stream counts from 1 again; the store has rows of messages with these numbers, of another generation.
    expect(await post(range(1_500, 1_600), "to the new broker")).toBe(202)
    await exactly(1_600)
    expect(system.processes.processor.output).toContain("it lost its end, or was made anew")
  })

  it("of everything at once leaves a ledger that adds up", async () => {
    const sending = send(range(1_600, 1_700), "last")
    await killAll()
    await startAll()
    await sending
    await exactly(1_700)
    const response = await fetch(`${system.api}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ ledger { received stored unaccounted balanced } }" })
    })
    const { data } = (await response.json()) as { readonly data: unknown }
    expect(data).toEqual({ ledger: { received: 1_700, stored: 1_700, unaccounted: 0, balanced: true } })
  })
})
