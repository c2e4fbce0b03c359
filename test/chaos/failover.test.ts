// Failover: two processors with the same partitions; whichever owns one is killed, stopped or ended, and the other takes over.
import { availableParallelism, loadavg } from "node:os"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect } from "vitest"
import { chaosCase, lasting, type World } from "./chaos-case.ts"
import { storedNow } from "./counts.ts"
import { answers, type Pair, startPair } from "./stand/pair.ts"
import type { Service } from "./stand/service.ts"

const kills = Number(process.env.TAILRACE_KILLS ?? 4)
/**
 * From the fault until everything that was acknowledged before it is stored: 5 seconds, on a machine that has its
 * processors for itself; longer by as much as more wants to run than there are processors.
 */
const mostMillis = () => 5_000 * Math.max(1, loadavg()[0] / availableParallelism())

/** Partitions that a processor says it runs. */
const owned = async (status: string): Promise<ReadonlyArray<string>> => {
  const text = await fetch(`${status}/metrics`, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.text(),
    () => ""
  )
  return [...text.matchAll(/^tailrace_pipeline_owner\{[^}]*partition="(\d+)"[^}]*\} 1$/gm)].map(
    ([, one]) => one as string
  )
}

/** The processor that runs partition 0, once both partitions have one owner each and both processors are ready. */
const ownerOf = async ({ pair }: Pair): Promise<Service> => {
  const seen = await waitFor(
    () =>
      Promise.all(
        pair.map(async ({ status }) => ({ of: await owned(status), ready: await answers(`${status}/health/ready`) }))
      ),
    (all) =>
      all.every(({ ready }) => ready) &&
      all
        .flatMap(({ of }) => of)
        .toSorted()
        .join() === "0,1",
    { what: "one owner of each partition" }
  )
  return (pair.find((_, i) => seen[i]?.of.includes("0")) ?? (pair[0] as Pair["pair"][number])).service
}

/** Does something to an owner; answers the milliseconds until all that was acknowledged before is stored. */
const takeOver = async ({ over, records, stand }: World<Pair>, fault: () => void): Promise<number> => {
  fault()
  over()
  const begun = performance.now()
  const acknowledged = records.acknowledged
  await waitFor(
    () => storedNow(stand),
    (rows) => rows >= acknowledged,
    { what: "the other processor to store what was acknowledged", everyMillis: 20, timeoutMillis: 30_000 }
  ).catch((timeout: unknown) => {
    throw new Error(`${timeout}\n${stand.output()}`)
  })
  return Math.round(performance.now() - begun)
}

for (const placement of ["fused", "staged"] as const) {
  chaosCase(
    `failover between two processors, ${placement}`,
    { start: () => startPair({ placement }), timeoutMillis: 240_000 },
    async (world) => {
      const { flow, stand } = world
      const times: Record<string, Array<number>> = { kill: [], stop: [], end: [] }
      for (let i = 0; i < kills; i++) {
        const owner = await ownerOf(stand)
        await flow(300)
        times.kill?.push(await takeOver(world, () => void owner.end("SIGKILL")))
        await owner.end("SIGKILL")
        await owner.start()
      }
      const stopped = await ownerOf(stand)
      await flow(300)
      times.stop?.push(await takeOver(world, () => process.kill(stopped.pid as number, "SIGSTOP")))
      await lasting(8_000, 30)
      process.kill(stopped.pid as number, "SIGCONT")
      await flow(300)
      const ended = await ownerOf(stand)
      times.end?.push(await takeOver(world, () => void ended.end("SIGTERM")))
      await ended.end("SIGTERM")
      await ended.start()
      const all = Object.values(times)
        .flat()
        .toSorted((a, b) => a - b)
      const median = all[Math.floor(all.length / 2)]
      console.log(
        `failover, ${placement}: take-over ms ${JSON.stringify(times)} | median ${median} | max ${all.at(-1)}`
      )
      expect(Math.max(...all)).toBeLessThan(mostMillis())
      return undefined
    }
  )
}

chaosCase(
  "inserts of a stopped owner that land after its successor went on",
  { start: () => startPair(), timeoutMillis: 180_000 },
  async (world) => {
    const { flow, over, records, stand } = world
    const [first, second] = stand.pair as [Pair["pair"][number], Pair["pair"][number]]
    for (let round = 0; round < 3; round++) {
      if ((await ownerOf(stand)) !== first.service) {
        await second.service.end("SIGKILL")
        await waitFor(
          () => owned(first.status),
          (of) => of.includes("0"),
          { what: "the first processor to own" }
        )
        await second.service.start()
      }
      const owner = await ownerOf(stand)
      expect(owner).toBe(first.service)
      await flow(300)
      await stand.ways.processorToStore.set({ toServer: { swallow: true } })
      const before = await storedNow(stand)
      await flow(300)
      process.kill(owner.pid as number, "SIGSTOP")
      const mark = records.acknowledged
      await waitFor(
        () => storedNow(stand),
        (rows) => rows > before && rows >= mark,
        { what: "the successor to store what was acknowledged", everyMillis: 20 }
      )
      await stand.ways.processorToStore.set()
      await flow(300)
      process.kill(owner.pid as number, "SIGCONT")
      over()
    }
    return undefined
  }
)
