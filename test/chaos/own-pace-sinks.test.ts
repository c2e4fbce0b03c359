// Own pace: further sinks that cannot write, and a reader that hangs, delay only themselves, and hold each record once at last.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { noSmallDisk } from "@tailrace/testing/small-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect } from "vitest"
import { chaosCase, lasting, seed, type World } from "./chaos-case.ts"
import { storedNow } from "./counts.ts"
import { onSmallDisk } from "./stand/on-small-disk.ts"
import type { Services } from "./stand/services.ts"
import type { Stand } from "./stand/stand.ts"

const sinks = (folder: string): string => `sinks:
  - { type: clickhouse }
  - { type: live }
  - { type: stdout }
  - { type: file, name: full, folder: ${join(folder, "archive")}, breaker: { longest: 500ms } }
  - { type: file, name: beside, folder: ${join(folder, "beside")}, maxBytes: 200000 }
`

/** The numbers in the files of a folder, in whole lines. */
const numbersIn = (folder: string): ReadonlyArray<number> =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith(".ndjson"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
    .flatMap((line) => {
      const number = /"n":"(\d+)"/.exec(line)?.[1]
      return number === undefined ? [] : [Number(number)]
    })

/** Every number that was sent is in the files once. */
const holdEachOnce = async ({ folder }: Stand, sent: number): Promise<void> => {
  for (const name of ["archive", "beside"]) {
    const path = join(folder, name)
    await waitFor(
      () => numbersIn(path).length,
      (count) => count >= sent,
      { what: `${sent} lines in ${name}` }
    )
    const numbers = numbersIn(path)
    expect({ lines: numbers.length, distinct: new Set(numbers).size }).toEqual({ lines: sent, distinct: sent })
  }
}

/** Whether the store goes on with what comes meanwhile. */
const storesOn = async ({ flow, records, stand }: World<Services>): Promise<void> => {
  await flow(500)
  const mark = records.acknowledged
  await waitFor(
    () => storedNow(stand),
    (rows) => rows >= mark,
    { what: `${mark} records stored meanwhile` }
  )
}

const disk = onSmallDisk("archive", 16, { seed, pipeline: sinks })

chaosCase(
  "a file's disk full, standard output not read, killed meanwhile",
  { start: disk.start, skip: noSmallDisk, besides: holdEachOnce },
  async (world) => {
    const { flow, over, stand } = world
    const { processor } = stand.processes
    processor.stopReading()
    disk.fill(0)
    await storesOn(world)
    await processor.end("SIGKILL")
    // It says that it is not ready while the disk is full.
    const starting = processor.start()
    await storesOn(world)
    await lasting(500, 30)
    disk.empty()
    await starting
    for (let round = 0; round < 4; round++) {
      await flow(200)
      over()
      await processor.killAndStart()
    }
  }
)
