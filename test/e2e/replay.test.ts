// Replay of a stretch of time: tried out first, then published again, once each.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start()
}, 90_000)
afterAll(() => running.remove())

const replay = (...args: ReadonlyArray<string>) =>
  tailrace(["replay", "--data", running.data, "--nats-port", String(running.ports.nats), ...args])

it("tries a stretch of the raw stream on another pipeline, and publishes it again when told so", {
  timeout: 180_000
}, async () => {
  const from = new Date().toISOString()
  const lines = Array.from({ length: 40 }, (_, n) =>
    JSON.stringify({ level: n % 4 === 0 ? "debug" : "info", msg: `m${n}` })
  )
  for (const source of ["one", "other"]) {
    const sent = await tailrace(["send", "-", "--source", source, "--collector", running.collector], lines.join("\n"))
    expect(sent.code).toBe(0)
    await running.untilCount(`source:${source}`, 40)
  }
  const file = join(running.folder, "quiet.yaml")
  writeFileSync(file, 'filter: [{ type: drop, name: noise, when: "level:debug" }]\n')
  const trial = await replay("--from", from, "--source", "one", "--dry-run", "--pipeline", file)
  expect({ code: trial.code, err: trial.err }).toEqual({ code: 0, err: "" })
  expect(JSON.parse(trial.out)).toEqual({
    messages: 1,
    records: 40,
    rows: 30,
    unparsed: 0,
    failed: 0,
    dropped: { noise: 10 }
  })

  const refused = await replay("--from", from)
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("stored twice")])
  expect(await running.count("")).toBe(80)

  const backwards = await replay("--from", from, "--to", "2026-01-01T00:00:00Z", "--dry-run")
  expect([backwards.code, backwards.err]).toEqual([2, expect.stringContaining("the end has to be the later one")])

  const begun = performance.now()
  for (const published of [
    { messages: 1, records: 40, known: 0 },
    { messages: 0, records: 0, known: 1 }
  ]) {
    const done = await replay("--from", from, "--source", "one", "--yes", "--rate", "20")
    expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: "" })
    expect(JSON.parse(done.out)).toEqual(published)
  }
  // 40 records at 20 a second.
  expect(performance.now() - begun).toBeGreaterThan(1_900)
  await running.untilCount("source:one", 80)
  // The second one fell into the stream's duplicate window; a record sent behind it shows that nothing came of it.
  const last = await tailrace(["send", "-", "--source", "last", "--collector", running.collector], "the end\n")
  expect(last.code).toBe(0)
  await running.untilCount("source:last", 1)
  expect(await running.count("source:one")).toBe(80)
  const ledger = await waitFor(
    () => running.graphql<{ ledger: Record<string, unknown> }>("{ ledger { received stored balanced } }"),
    (seen) => Number(seen.ledger.received) >= 121,
    { what: "the ledger", timeoutMillis: 60_000 }
  )
  expect(ledger.ledger).toEqual({ received: 121, stored: 121, balanced: true })
})
