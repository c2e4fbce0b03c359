// Power: failures that take what was not synced from the broker's folder, the store's, all of it, the spool, and followed files.
import { execFileSync } from "node:child_process"
import { statSync } from "node:fs"
import { join } from "node:path"
import { noPowerDisk } from "@tailrace/testing/power-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect } from "vitest"
import { chaosCase, isLong, type World } from "./chaos-case.ts"
import { type Powered, powered } from "./stand/power.ts"

const skip = noPowerDisk()
const failures = isLong ? 10 : 3

interface Arrangement {
  readonly name: string
  readonly folders: ReadonlyArray<string>
  readonly placement?: "fused" | "staged"
}

const arrangements: ReadonlyArray<Arrangement> = [
  { name: "of the broker's folder", folders: ["data/nats"] },
  { name: "of the store's folder", folders: ["data/store"] },
  { name: "of everything", folders: ["data"] },
  { name: "of everything, staged", folders: ["data"], placement: "staged" }
]

for (const { folders, name, placement = "fused" } of arrangements) {
  const options = { start: () => powered(folders, { placement }), skip, timeoutMillis: 120_000 + failures * 60_000 }
  chaosCase(`${failures} power failures ${name}`, options, async ({ flow, over, random, stand }) => {
    for (let done = 0; done < failures; done++) {
      await flow(200 + Math.floor(random() * 1_500))
      over()
      await stand.failPower()
    }
  })
}

const spooled = { start: () => powered(["data"]), skip, timeoutMillis: 120_000 + failures * 60_000 }
chaosCase(`${failures} power failures of everything, frames in the spool`, spooled, async ({ flow, over, stand }) => {
  for (let done = 0; done < failures; done++) {
    await flow(200)
    const { broker } = stand.pids()
    if (broker !== undefined) process.kill(broker, "SIGSTOP")
    // The broker is silent, so that what is acknowledged now lies on the collector's disk.
    await flow(300)
    over()
    await stand.failPower()
  }
})

/** Resolves when the records that a file holds are stored, whether they were synced or not. */
const stored = ({ stand }: World<Powered>, source: string, count: number): Promise<unknown> =>
  waitFor(
    () => stand.select<{ rows: string }>(`SELECT count() AS rows FROM logs WHERE source = '${source}'`),
    ([row]) => Number(row?.rows) === count,
    { what: `${count} records of ${source} stored` }
  )

// One partition, so that the records which close the windows come behind those of every file.
const lossy = { start: () => powered(["data", "lossy"], { followed: ["lossy"], partitions: 1 }), skip }
chaosCase(`${failures} power failures of everything, followed files too`, lossy, async (world) => {
  const { flow, over, records, stand } = world
  const file = join(stand.folder, "lossy", "app.log")
  let written = 0
  for (let done = 0; done < failures; done++) {
    records.writeTo(file, 400)
    execFileSync("sync", [file])
    for (let part = 0; part < 10; part++) {
      records.writeTo(file, 70)
      await flow(20)
    }
    written += 1_100
    await stored(world, "app", written)
    const before = statSync(file).size
    over()
    await stand.failPower(() => expect(statSync(file).size).toBeLessThan(before))
  }
})
