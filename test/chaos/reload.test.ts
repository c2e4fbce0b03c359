// Reload: the pipeline file is replaced again and again under load, some of the new ones wrong, each announced by SIGHUP.
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { availableParallelism, loadavg } from "node:os"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect } from "vitest"
import { chaosCase, isLong } from "./chaos-case.ts"
import { services } from "./stand/services.ts"
import { pidOf, pipelineText, type Stand } from "./stand/stand.ts"

/** A hundred in a long run, as in the processor's own test of it. */
const reloads = isLong ? 100 : 40
/** Every so many files are wrong. */
const wrongEvery = 10
/** No stall above a second on a machine that has its processors for itself; longer by as much as more wants to run than there are. */
const mostMillis = () => 1_000 * Math.max(1, loadavg()[0] / availableParallelism())

const right = (version: number): string =>
  `${pipelineText}enrich:\n  - { type: static, fields: { version: "${version}" } }\n`
const wrong = (version: number): string => `${right(version)}filtre: []\n`

interface Told {
  /** Reloads that the processor counted, by what came of them. */
  readonly swapped: number
  readonly refused: number
  /** Bytes of its batches and buffers, of lives that are over too until they are collected. */
  readonly external: number
}

const tell = async (status: string): Promise<Told> => {
  const text = await fetch(`${status}/metrics`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.text(),
    () => ""
  )
  const value = (sample: string): number => Number(new RegExp(`^${sample} (\\d+)$`, "m").exec(text)?.[1] ?? 0)
  const count = (result: string): number => value(`tailrace_pipeline_reloads_total\\{[^}]*result="${result}"[^}]*\\}`)
  return { swapped: count("swapped"), refused: count("refused"), external: value("nodejs_external_memory_bytes") }
}

interface Gaps {
  readonly versions: string
  readonly batches: string
  readonly longest: string
}

/** Milliseconds between the batches that hold records of the senders over HTTP, who never pause. */
const gapsOf = async (stand: Stand): Promise<Readonly<Record<keyof Gaps, number>>> => {
  const [row] = await stand.select<Gaps>(`SELECT sum(1) AS batches, max(gap) AS longest,
    (SELECT uniqExact(attributes['version']) FROM logs) AS versions
    FROM (SELECT at - lagInFrame(at, 1, at) OVER (ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS gap
      FROM (SELECT DISTINCT toUnixTimestamp64Milli(toDateTime64(ingested_at, 3)) AS at FROM logs WHERE source = 'chaos'))`)
  return { versions: Number(row?.versions), batches: Number(row?.batches), longest: Number(row?.longest) }
}

chaosCase(`${reloads} reloads of the pipeline file`, { start: () => services() }, async ({ flow, over, stand }) => {
  const file = join(stand.folder, "chaos.yaml")
  const { status } = JSON.parse(readFileSync(join(stand.folder, "processor.json"), "utf8"))
  const address = `http://127.0.0.1:${status.port}`
  const want = { swapped: 0, refused: 0 }
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i <= reloads; i++) {
    const isWrong = i % wrongEvery === 0
    writeFileSync(`${file}.new`, isWrong ? wrong(i) : right(i))
    renameSync(`${file}.new`, file)
    process.kill(pidOf(stand, "processor"), "SIGHUP")
    want[isWrong ? "refused" : "swapped"]++
    const seen = await waitFor(
      () => tell(address),
      (now) => now.swapped >= want.swapped && now.refused >= want.refused,
      { what: `reload ${i}`, everyMillis: 10 }
    )
    expect(seen).toMatchObject(want)
    if (i > reloads / 2) least = Math.min(least, seen.external)
    await flow(20)
  }
  over()
  const { batches, longest, versions } = await gapsOf(stand)
  const megabytes = Math.round(least / 1_048_576)
  const figures = `${versions} versions in ${batches} batches, longest pause between two ${longest} ms, buffers ${megabytes} MB`
  console.log(`chaos: ${reloads} reloads, ${figures}`)
  // The one before the first file, and nearly every right one: a version that was replaced at once may have met no record.
  expect(versions).toBeGreaterThan(want.swapped / 2)
  // Each life has batches of some megabytes; none of those that are over may be kept.
  expect(megabytes).toBeLessThan(150)
  // The short run tells the pause, the long one, which is asked for by hand, has to keep the promise.
  if (isLong) expect(longest).toBeLessThan(mostMillis())
  return undefined
})
