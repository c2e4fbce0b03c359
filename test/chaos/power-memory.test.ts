// Power at durability memory: a failure takes acknowledged records that were not stored, and no other; what comes then is stored.
import { waitFor } from "@tailrace/testing/wait-until"
import { expect, it } from "vitest"
import { checkLedger } from "./ledger-check.ts"
import { longOnly, noDisk, powerFailures, powerTimeout, powerTimes } from "./power-failures.ts"
import { readyOf, report } from "./report.ts"
import { type Powered, powered } from "./stand/power.ts"
import { pidOf } from "./stand/stand.ts"

/** A sender that has every number answered with 202. */
class Numbers {
  next = 0
  private readonly stand: Powered
  constructor(stand: Powered) {
    this.stand = stand
  }

  /** The numbers that were acknowledged, fifty in each of the requests. */
  async send(requests: number): Promise<ReadonlyArray<number>> {
    const from = this.next
    for (let request = 0; request < requests; request++) {
      const lines = Array.from({ length: 50 }, () => `${JSON.stringify({ n: this.next++, msg: "m" })}\n`)
      const headers = { "content-type": "application/x-ndjson", "idempotency-key": `request-${this.next}` }
      const address = `${this.stand.collector}/ingest/source-${request % 4}`
      const answer = await fetch(address, { method: "POST", headers, body: lines.join("") })
      expect(answer.status).toBe(202)
    }
    return Array.from({ length: this.next - from }, (_, i) => from + i)
  }

  /** How often each number is stored; 0 for one that is not. */
  async stored(): Promise<(n: number) => number> {
    const rows = await this.stand.select<{ n: string; times: string }>(
      "SELECT attributes['n'] AS n, count() AS times FROM logs GROUP BY n"
    )
    const found = new Map(rows.map(({ n, times: seen }) => [Number(n), Number(seen)]))
    return (n) => found.get(n) ?? 0
  }

  /** Resolves when all of these are stored and in the ledger, which is written a second behind the rows. */
  async untilStored(numbers: ReadonlyArray<number>): Promise<void> {
    await waitFor(
      async () => {
        const timesOf = await this.stored().catch(() => () => 0)
        const [row] = await this.stand.select<{ open: string }>(
          "SELECT (SELECT count() FROM logs) - (SELECT sum(received) FROM ledger) AS open"
        )
        return { missing: numbers.filter((n) => timesOf(n) === 0).length, open: Number(row?.open) }
      },
      ({ missing, open }) => missing === 0 && open === 0,
      { what: `${numbers.length} records stored`, everyMillis: 50 }
    ).catch((timeout: unknown) => {
      throw new Error(`${timeout}\n${this.stand.output()}`)
    })
  }
}

const arrangements = [
  { name: "of the broker's folder", folders: ["data/nats"], skip: longOnly },
  { name: "of everything", folders: ["data"], skip: noDisk }
]

for (const { folders, name, skip } of arrangements) {
  const reason = skip === undefined ? "" : ` (skipped: ${skip})`
  const title = `${powerTimes} ${name} at durability memory${reason}`
  it.skipIf(skip !== undefined)(title, { retry: 0, timeout: powerTimeout }, async () => {
    const stand = await powered(folders, { durability: "memory" })
    try {
      const numbers = new Numbers(stand)
      const lost: Array<number> = []
      const kept: Array<number> = []
      const readyMillis: Array<number> = []
      let recovery = 0
      for (let done = 0; done < powerFailures; done++) {
        const before = await numbers.send(10)
        await numbers.untilStored(before)
        // Nothing is stored any more, so that what is acknowledged now is the broker's alone.
        process.kill(pidOf(stand, "store"), "SIGSTOP")
        const waiting = await numbers.send(10)
        const since = performance.now()
        readyMillis.push(await stand.failPower())
        const after = await numbers.send(20)
        await numbers.untilStored(after)
        recovery = performance.now() - since
        const timesOf = await numbers.stored()
        lost.push(...waiting.filter((n) => timesOf(n) === 0))
        kept.push(...before, ...waiting.filter((n) => timesOf(n) > 0), ...after)
      }
      const timesOf = await numbers.stored()
      const check = await checkLedger(stand)
      report({
        case: title,
        sent: numbers.next,
        acknowledged: numbers.next,
        stored: check.rows,
        dropped: 0,
        deadLettered: 0,
        doubled: check.rows - kept.length,
        lost: lost.length,
        differences: check.differences.length,
        recovery: Math.round(recovery / 10) / 100,
        ...readyOf(readyMillis),
        memory: {}
      })
      // The failures took something, or this shows nothing; and what they took is all that is not there.
      expect(lost.length).toBeGreaterThan(0)
      expect(kept.filter((n) => timesOf(n) !== 1)).toEqual([])
      expect(kept.length + lost.length).toBe(numbers.next)
      expect(check.differences).toEqual([])
      expect(stand.output()).toMatch(/stream raw does not have message \d+ that partition \d+ has stored/)
    } finally {
      await stand.remove()
    }
  })
}
