// Power, the store's side: every combination of rows, rollup, ledger and tokens that a failure of the power may leave of the last insert.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { isLong } from "./chaos-case.ts"
import { checkLedger } from "./ledger-check.ts"
import { insertedTables, lastParts, loseAllBut, type Survivors, stopMerges } from "./stand/last-inserts.ts"
import { type OneMachine, oneMachine } from "./stand/one-machine.ts"

/** Every set of tables, with and without the tokens of all inserts. */
const everyCombination: ReadonlyArray<Survivors> = Array.from({ length: 16 }, (_, bits) => ({
  parts: insertedTables.filter((_table, i) => (bits & (1 << i)) !== 0),
  tokens: (bits & 8) !== 0
}))

/** Without --long: all is there but the tokens, twice, because it would compound; rollup alone; rows alone; nothing but tokens. */
const few: ReadonlyArray<Survivors> = [
  { parts: insertedTables, tokens: false },
  { parts: insertedTables, tokens: false },
  { parts: ["logs_per_minute"], tokens: false },
  { parts: ["logs", "ledger"], tokens: true },
  { parts: ["ledger"], tokens: true }
]

/**
 * In staged placement a message is acknowledged when the next stage has it, so nothing makes rows again that were synced, answered
 * and lost all the same; the rollup is another part, and is mended like everywhere.
 */
const synced = ({ parts }: Survivors): boolean => parts.includes("logs") && parts.includes("ledger")

const placements = (["fused", "staged"] as const).map((placement) => {
  const all = isLong ? everyCombination : few
  return { placement, combinations: placement === "fused" ? all : all.filter(synced) }
})

const nameOf = ({ parts, tokens }: Survivors): string =>
  `${parts.length === 0 ? "no part" : parts.join(", ")} ${tokens ? "and the tokens" : "and no token"}`

const sources = ["north", "east", "south", "west", "up", "down"]

interface Counts {
  readonly rows: number
  readonly distinct: number
  readonly rollup: number
  readonly cells: number
  readonly received: number
  readonly accounted: number
}

const question = `SELECT
  (SELECT count() FROM logs) AS rows,
  (SELECT uniqExact(attributes['n']) FROM logs) AS distinct,
  (SELECT sum(records) FROM logs_per_minute) AS rollup,
  (SELECT count() FROM (
    SELECT sum(a) AS difference FROM (
      SELECT toString(partition) AS p, toStartOfMinute(timestamp) AS at, service, toInt64(count()) AS a FROM logs GROUP BY ALL
      UNION ALL SELECT partition, minute, service, -toInt64(sum(records)) FROM logs_per_minute GROUP BY ALL)
    GROUP BY p, at, service HAVING difference != 0)) AS cells,
  (SELECT sum(received) FROM ledger) AS received,
  (SELECT sum(stored) FROM ledger) AS accounted`

const noProc = !existsSync("/proc/self")

describe.skipIf(noProc).each(placements)(
  "a failure of the power, $placement",
  { retry: 0 },
  ({ placement, combinations }) => {
    let stand: OneMachine
    let sent = 0
    const exact = (): Counts => ({
      rows: sent,
      distinct: sent,
      rollup: sent,
      cells: 0,
      received: sent,
      accounted: sent
    })
    const counted = async (): Promise<Counts> => {
      const [row] = await stand.select<Record<keyof Counts, string>>(question)
      return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)])) as never
    }
    const settled = () =>
      waitFor(
        () => counted().catch(() => undefined),
        (seen) => seen !== undefined && seen.distinct >= sent && seen.received >= sent,
        { what: `${sent} records accounted for`, timeoutMillis: 30_000 }
      ).catch((timeout: unknown) => {
        console.error(String(timeout), stand.output())
        return counted()
      })
    const send = async (): Promise<void> => {
      for (const source of sources) {
        const lines = Array.from({ length: 20 }, () => JSON.stringify({ n: sent++, service: `s${sent % 3}`, msg: "m" }))
        const body = lines.map((line) => `${line}\n`).join("")
        const headers = { "content-type": "application/x-ndjson" }
        const answer = await fetch(`${stand.collector}/ingest/${source}`, { method: "POST", headers, body })
        expect(answer.status).toBe(202)
      }
    }

    beforeAll(async () => {
      stand = await oneMachine({ partitions: 2, placement })
    })
    afterAll(() => stand?.remove())

    it.each(combinations.map((left) => [nameOf(left), left] as const))(
      "that leaves %s of the last inserts loses and doubles nothing",
      async (_, left) => {
        await stopMerges(stand)
        await send()
        expect(await settled()).toEqual(exact())
        const parts = await lastParts(stand)
        expect(new Set(parts.map(({ table }) => table)).size).toBe(insertedTables.length)
        await stand.killAll(() => loseAllBut(join(stand.folder, "data", "store"), parts, left))
        await settled()
        // What is taken from now on shows that the pipelines go on behind it.
        await send()
        expect(await settled()).toEqual(exact())
        expect(stand.output()).not.toContain("deduplication log")
      }
    )

    it("leaves a ledger that adds up", async () => {
      expect((await checkLedger(stand)).differences).toEqual([])
    })
  }
)
