// Collector's spool: killed while frames wait in it, its files torn, its disk full; the broker is away all the while.
import { appendFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { noSmallDisk } from "@tailrace/testing/small-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase, lasting, seed } from "./chaos-case.ts"
import { onSmallDisk } from "./stand/on-small-disk.ts"
import { type Services, services } from "./stand/services.ts"

const start = () => services({ seed })

const segmentsOf = ({ folder }: Services): ReadonlyArray<string> => {
  const spool = join(folder, "collector", "spool")
  return readdirSync(spool)
    .filter((name) => name.endsWith(".spool"))
    .toSorted()
    .map((name) => join(spool, name))
}

/** Kills the collector; a new one takes input at once, and says that it is not ready as long as frames wait. */
const killCollector = async ({ processes: { collector } }: Services, between: () => void = () => undefined) => {
  await collector.end("SIGKILL")
  between()
  void collector.start().catch(() => undefined)
}

chaosCase("collector killed while the broker is away", { start }, async ({ flow, over, stand }) => {
  for (let round = 0; round < 2; round++) {
    await stand.ways.collectorToBroker.set({ down: true })
    for (let kill = 0; kill < 3; kill++) {
      await flow(500)
      await killCollector(stand)
    }
    await flow(500)
    if (segmentsOf(stand).length === 0) throw new Error("nothing waits in the spool")
    await stand.ways.collectorToBroker.set()
    over()
    // While the spool is sent.
    await flow(20)
    await killCollector(stand)
    await flow(500)
  }
})

/** What a crash in the middle of a write leaves: half a record, zeros where the disk was not reached, half a cursor. */
const tears: ReadonlyArray<(spool: ReadonlyArray<string>) => void> = [
  (spool) => appendFileSync(spool.at(-1) as string, "half a record that power was cut off in"),
  (spool) => appendFileSync(spool.at(-1) as string, new Uint8Array(4_096)),
  (spool) => writeFileSync(join(spool[0] as string, "../cursor"), "half a cur")
]

chaosCase("spool's files torn while the broker is away", { start }, async ({ flow, over, stand }) => {
  await stand.ways.collectorToBroker.set({ down: true })
  for (const tear of tears) {
    await flow(500)
    await killCollector(stand, () => tear(segmentsOf(stand)))
  }
  await flow(500)
  await stand.ways.collectorToBroker.set()
  over()
})

const disk = onSmallDisk("collector", 64, { seed })

chaosCase("spool's disk full", { start: disk.start, skip: noSmallDisk }, async ({ flow, over, records, stand }) => {
  await stand.ways.collectorToBroker.set({ down: true })
  await flow(500)
  disk.fill(0)
  const { repeated } = records
  await waitFor(
    () => records.repeated - repeated,
    (more) => more > 3,
    { what: "requests refused" }
  )
  await lasting(1_000, 60)
  disk.empty()
  // There is room again, and the broker is still away.
  await flow(500)
  await stand.ways.collectorToBroker.set()
  over()
})
