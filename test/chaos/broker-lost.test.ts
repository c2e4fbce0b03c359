// Broker lost: everything is killed and the broker's folder removed; what is acknowledged by the new one is stored all the same.
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { checkLedger } from "./ledger-check.ts"
import { type OneMachine, oneMachine } from "./stand/one-machine.ts"

describe.skipIf(!existsSync("/proc/self"))("a broker's folder that is lost", () => {
  let stand: OneMachine
  let sent = 0

  /** One request each, all to the same source: the numbers of one partition's messages are what may be mistaken. */
  const send = async (records: number): Promise<void> => {
    for (let i = 0; i < records; i++) {
      const headers = { "content-type": "application/x-ndjson" }
      const body = `${JSON.stringify({ n: sent++, msg: "m" })}\n`
      const answer = await fetch(`${stand.collector}/ingest/shop`, { method: "POST", headers, body })
      expect(answer.status).toBe(202)
    }
  }
  const counts = async () => {
    const [row] = await stand.select<Record<string, string>>(`SELECT
      (SELECT count() FROM logs) AS rows, (SELECT uniqExact(attributes['n']) FROM logs) AS distinct,
      (SELECT sum(records) FROM logs_per_minute) AS rollup, (SELECT sum(received) FROM ledger) AS received`)
    return Object.values(row ?? {}).map(Number)
  }
  const settled = (): Promise<ReadonlyArray<number>> =>
    waitFor(
      () => counts().catch(() => []),
      ([, distinct = 0, , received = 0]) => distinct >= sent && received >= sent,
      { what: `${sent} records accounted for` }
    )

  beforeAll(async () => {
    stand = await oneMachine()
  })
  afterAll(() => stand?.remove())

  it.each([
    [20, 50, 70],
    [0, 200, 270]
  ])("beside %i records more, leaves room for %i new ones: %i are stored, each once", async (before, after, all) => {
    await send(before)
    await settled()
    await stand.killAll(() => rmSync(join(stand.folder, "data", "nats"), { recursive: true }))
    await send(after)
    expect(await settled()).toEqual([all, all, all, all])
    expect((await checkLedger(stand)).differences).toEqual([])
  })
})
