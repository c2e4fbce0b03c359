// Power, placements: failures that take everything that was not synced, with four partitions, fused and staged, and with followed files.
import { execFileSync } from "node:child_process"
import { statSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect } from "vitest"
import { chaosCase, type World } from "./chaos-case.ts"
import { failPowers, longOnly, noDisk, powerTimeout, powerTimes } from "./power-failures.ts"
import { type Powered, powered } from "./stand/power.ts"

const placements = [
  ["fused", longOnly],
  ["staged", noDisk]
] as const

for (const [placement, skip] of placements) {
  const start = () => powered(["data"], { placement, partitions: 4 })
  const options = { start, skip, sources: 8, timeoutMillis: powerTimeout }
  chaosCase(`${powerTimes} of everything, four partitions, ${placement}`, options, ({ flow, over, random, stand }) =>
    failPowers(async () => {
      await flow(200 + Math.floor(random() * 1_500))
      over()
      return stand.failPower()
    })
  )
}

/** Resolves when the records that a file holds are stored, whether they were synced or not. */
const stored = ({ stand }: World<Powered>, source: string, count: number): Promise<unknown> =>
  waitFor(
    () => stand.select<{ rows: string }>(`SELECT count() AS rows FROM logs WHERE source = '${source}'`),
    ([row]) => Number(row?.rows) === count,
    { what: `${count} records of ${source} stored` }
  )

// One partition, so that the records which close the windows come behind those of every file.
const lossy = {
  start: () => powered(["data", "lossy"], { followed: ["lossy"], partitions: 1 }),
  skip: noDisk,
  timeoutMillis: powerTimeout
}
chaosCase(`${powerTimes} of everything, followed files too`, lossy, (world) => {
  const { flow, over, records, stand } = world
  const file = join(stand.folder, "lossy", "app.log")
  return failPowers(async (done) => {
    records.writeTo(file, 400)
    execFileSync("sync", [file])
    for (let part = 0; part < 10; part++) {
      records.writeTo(file, 70)
      await flow(20)
    }
    await stored(world, "app", 1_100 * (done + 1))
    const before = statSync(file).size
    over()
    return stand.failPower(() => expect(statSync(file).size).toBeLessThan(before))
  })
})
