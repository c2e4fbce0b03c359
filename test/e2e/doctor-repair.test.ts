// End to end: `tailrace doctor --repair` on a store in which an earlier release has left a batch twice after a power failure.
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

let running: RunningTailrace

const counts = async () => {
  const [row] = await running.select<Record<string, string>>(
    "SELECT (SELECT count() FROM logs) AS rows, (SELECT sum(records) FROM logs_per_minute) AS rollup, (SELECT sum(received) FROM ledger) AS received"
  )
  return Object.values(row ?? {}).map(Number)
}

const repair = (...more: ReadonlyArray<string>) => {
  const { store } = running.ports
  return tailrace(["doctor", "--repair", "--data", running.data, "--store-port", String(store), ...more])
}

describe("tailrace doctor --repair", () => {
  beforeAll(async () => {
    running = await RunningTailrace.start()
    const lines = Array.from({ length: 20 }, (_, n) => `${JSON.stringify({ n, msg: "m" })}\n`)
    const headers = { "content-type": "application/x-ndjson" }
    await fetch(`${running.collector}/ingest/shop`, { method: "POST", headers, body: lines.join("") })
    await waitFor(counts, ([, , received]) => received === 20)
  })
  afterAll(() => running?.remove())

  it("finds nothing in a sound store", async () => {
    const { code, out } = await repair()
    expect(out).toContain("is stored once, and the rollup counts the records")
    expect(code).toBe(0)
  })

  it("says what it would do and changes nothing, and with --yes does it while everything runs", async () => {
    const again = await fetch(`http://127.0.0.1:${running.ports.store}/?database=tailrace`, {
      method: "POST",
      headers: storeHeaders(running.data),
      body: "INSERT INTO logs SELECT * FROM logs SETTINGS insert_deduplicate = 0"
    })
    expect(await again.text()).toBe("")
    expect(await counts()).toEqual([40, 40, 20])
    const dry = await repair()
    expect(dry.out).toMatch(/records, partition 0, stored on \d{4}-\d\d-\d\d: 20 copies; one of each is kept/)
    expect(dry.err).toContain("nothing was changed")
    expect(dry.code).toBe(1)
    expect(await counts()).toEqual([40, 40, 20])
    const done = await repair("--yes", "--json")
    expect(JSON.parse(done.out)).toMatchObject({ ok: true, changed: true, left: { copies: [], rollup: [] } })
    expect(done.code).toBe(0)
    expect(await counts()).toEqual([20, 20, 20])
    expect((await repair()).code).toBe(0)
  })

  it("takes --yes with --repair only", async () => {
    expect((await tailrace(["doctor", "--yes"])).code).toBe(2)
  })
})
