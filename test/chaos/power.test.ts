// Power: failures that take what was not synced from the broker's folder, the store's, and all of it, with frames in the spool too.
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase } from "./chaos-case.ts"
import { storedNow } from "./counts.ts"
import { failPowers, longOnly, noDisk, powerTimeout, powerTimes } from "./power-failures.ts"
import { mergeAll } from "./stand/last-inserts.ts"
import { powered } from "./stand/power.ts"

const arrangements = [
  { name: "of the broker's folder", folders: ["data/nats"] },
  { name: "of the store's folder", folders: ["data/store"] },
  { name: "of everything", folders: ["data"] }
]

for (const { folders, name } of arrangements) {
  const options = { start: () => powered(folders), skip: longOnly, timeoutMillis: powerTimeout }
  chaosCase(`${powerTimes} ${name}`, options, ({ flow, over, random, stand }) =>
    failPowers(async () => {
      await flow(200 + Math.floor(random() * 1_500))
      over()
      return stand.failPower()
    })
  )
}

const spooled = { start: () => powered(["data"]), skip: longOnly, timeoutMillis: powerTimeout }
chaosCase(`${powerTimes} of everything, frames in the spool`, spooled, ({ flow, over, stand }) =>
  failPowers(async () => {
    await flow(200)
    const { broker } = stand.pids()
    if (broker !== undefined) process.kill(broker, "SIGSTOP")
    // The broker is silent, so that what is acknowledged now lies on the collector's disk.
    await flow(300)
    over()
    return stand.failPower()
  })
)

const merging = { start: () => powered(["data"]), skip: noDisk, timeoutMillis: powerTimeout }
chaosCase(`${powerTimes} of everything, behind a merge`, merging, ({ flow, over, records, stand }) =>
  failPowers(async () => {
    await flow(500)
    const taken = records.acknowledged
    await waitFor(
      () => storedNow(stand),
      (rows) => rows >= taken,
      { what: `${taken} records stored` }
    )
    // What is merged is in one new part, and the store may remove those it was made of.
    await mergeAll(stand)
    over()
    return stand.failPower()
  })
)
