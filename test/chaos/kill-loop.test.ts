// Kill loop: kill -9 of the main process, the broker and the store in turn under load; every acknowledged record is there exactly once.
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { seededRandom } from "@tailrace/testing/seeded-random"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterEach, expect, it } from "vitest"
import { RunningTailrace } from "../e2e/running-tailrace.ts"
import { NumberedRecords } from "./numbered-records.ts"

const kills = Number(process.env.TAILRACE_KILLS ?? 6)
const seed = Number(process.env.TAILRACE_SEED ?? 1)
const hour = 3_600_000

/** Lateness above what one way in can fall behind the other, so that every record counts in its window. */
const pipeline = `name: chaos
metrics:
  - { type: count, name: records, by: [service], size: 1m, lateness: 2h }
`

let running: RunningTailrace | undefined

afterEach(async () => {
  await running?.remove()
})

const targets = ["main", "broker", "store"] as const

const kill = async (instance: RunningTailrace, target: (typeof targets)[number]): Promise<void> => {
  if (target === "main") {
    await instance.kill()
    await instance.up()
    return
  }
  const pid = await waitFor(
    () => (target === "broker" ? instance.brokerPid() : instance.storeFrontPid()),
    (seen) => seen !== undefined && existsSync(`/proc/${seen}`),
    { what: `a ${target} to kill` }
  )
  process.kill(pid as number, "SIGKILL")
}

interface Counts {
  readonly stored: number
  readonly distinct: number
  readonly rollup: number
  readonly panes: number
}

const counts = async (instance: RunningTailrace): Promise<Counts> => {
  const [row] = await instance.select<Record<keyof Counts, string>>(`SELECT
    (SELECT count() FROM logs) AS stored,
    (SELECT uniqExact(attributes['n']) FROM logs) AS distinct,
    (SELECT sum(records) FROM logs_per_minute) AS rollup,
    (SELECT sum(value) FROM panes FINAL WHERE metric = 'records') AS panes`)
  return {
    stored: Number(row?.stored),
    distinct: Number(row?.distinct),
    rollup: Number(row?.rollup),
    panes: Number(row?.panes)
  }
}

/** Whether so many numbers come to be stored. */
const untilDistinct = (instance: RunningTailrace, wanted: number): Promise<boolean> =>
  waitFor(
    () => counts(instance).catch(() => undefined),
    (now) => now !== undefined && now.distinct >= wanted,
    { what: `${wanted} numbers`, everyMillis: 50 }
  ).then(
    () => true,
    () => false
  )

const readLedger = async (instance: RunningTailrace) => {
  const { ledger } = await instance.graphql<{
    ledger: { received: number; stored: number; unaccounted: number; balanced: boolean }
  }>("{ ledger { received stored unaccounted balanced } }")
  return ledger
}

it.skipIf(!existsSync("/proc/self"))(
  `loses and doubles nothing over ${kills} kills (skipped without /proc)`,
  { retry: 0, timeout: 120_000 + kills * 15_000 },
  async () => {
    const begun = performance.now()
    const random = seededRandom(seed)
    const instance = await RunningTailrace.start((folder) => {
      mkdirSync(join(folder, "watched"))
      writeFileSync(join(folder, "chaos.yaml"), pipeline)
      const file = join(folder, "watched", "*.log")
      return ["--file", file, "--pipeline", join(folder, "chaos.yaml"), "--partitions", "2"]
    })
    running = instance
    const file = join(instance.folder, "watched", "numbers.log")
    const from = Math.floor(Date.now() / hour) * hour - 72 * hour
    const records = new NumberedRecords({ collector: instance.collector, file, from })
    for (let done = 0; done < kills; done++) {
      const moment = records.acknowledged + 100 + Math.floor(random() * 4_000)
      await waitFor(
        () => records.acknowledged,
        (seen) => seen >= moment,
        { what: `kill ${done + 1}`, everyMillis: 3 }
      )
      await kill(instance, targets[done % targets.length] as (typeof targets)[number])
    }
    await records.stop()
    const counted = records.sent
    const storedAll = await untilDistinct(instance, counted)
    // The closing records move the watermark of both ways in when they share a partition: nothing may come behind them.
    if (storedAll) await records.close(6 * hour)
    const seen = await waitFor(
      async () => ({
        counts: await counts(instance).catch(() => undefined),
        ledger: await readLedger(instance).catch(() => undefined)
      }),
      ({ counts: now, ledger }) =>
        (now?.distinct ?? 0) >= records.sent && (now?.panes ?? 0) >= counted && (ledger?.stored ?? 0) >= records.sent,
      { what: `${records.sent} records`, timeoutMillis: 60_000, everyMillis: 100 }
    ).catch(async (timeout: unknown) => {
      console.error(String(timeout), instance.output)
      return { counts: await counts(instance), ledger: await readLedger(instance) }
    })
    const { distinct = 0, panes, rollup, stored = 0 } = seen.counts ?? {}
    const figures = {
      seed,
      kills,
      sent: records.sent,
      acknowledged: records.acknowledged,
      repeated: records.repeated,
      stored,
      doubled: stored - distinct,
      lost: records.acknowledged - distinct,
      rollup,
      panes,
      seconds: Math.round((performance.now() - begun) / 1_000)
    }
    console.log(`kill loop: ${JSON.stringify(figures)}`)
    expect(figures).toMatchObject({
      acknowledged: records.sent,
      stored: records.sent,
      doubled: 0,
      lost: 0,
      rollup: records.sent,
      panes: counted
    })
    expect(seen.ledger).toEqual({ received: records.sent, stored: records.sent, unaccounted: 0, balanced: true })
  }
)
