// Rotation: files that are renamed, copied and truncated, compressed, deleted and made again while records are written to them.
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase, isLong } from "./chaos-case.ts"
import { type OneMachine, oneMachine } from "./stand/one-machine.ts"

// One partition, so that the records which close the windows come behind those of every file.
const start = () => oneMachine({ partitions: 1 })
const burst = 300

interface Rotated {
  readonly stand: OneMachine
  readonly file: string
  /** The source that the file's records carry, and how many they are. */
  readonly source: string
  readonly written: number
}

/** Kinds of rotation; each leaves the file ready to be written on. Nothing is written while a program copies or deletes. */
const rotations: Readonly<Record<string, (given: Rotated) => void | Promise<void>>> = {
  rename: ({ file }) => {
    renameSync(file, `${file}.1`)
  },
  "copy and truncate": ({ file }) => {
    copyFileSync(file, `${file}.2`)
    truncateSync(file)
  },
  compression: ({ file }) => {
    renameSync(file, `${file}.3`)
    writeFileSync(`${file}.3.gz`, gzipSync(readFileSync(`${file}.3`)))
    rmSync(`${file}.3`)
  },
  "deletion by an owner that waited": async ({ file, source, stand, written }) => {
    await everythingStored(stand, source, written)
    rmSync(file)
  }
}

/** Records of a file that is deleted live on only where they were stored before. */
const everythingStored = (stand: OneMachine, source: string, written: number): Promise<unknown> =>
  waitFor(
    () => stand.select<{ rows: string }>(`SELECT count() AS rows FROM logs WHERE source = '${source}'`),
    ([row]) => Number(row?.rows) === written,
    { what: `${written} records of ${source} stored` }
  )

for (const [kind, rotate] of Object.entries(rotations)) {
  chaosCase(`rotation by ${kind}`, { start }, async ({ flow, over, records, stand }) => {
    for (let round = 0; round < 3; round++) {
      const source = `app-${round}`
      const file = join(stand.folder, "watched", `${source}.log`)
      records.writeTo(file, burst)
      await flow(100)
      records.writeTo(file, burst)
      await rotate({ stand, file, source, written: 2 * burst })
      records.writeTo(file, burst)
      await flow(100)
    }
    over()
  })
}

chaosCase("rotation by rename while killed", { start }, async ({ flow, over, records, stand }) => {
  const file = join(stand.folder, "watched", "app.log")
  for (let round = 0; round < 2; round++) {
    records.writeTo(file, burst)
    await flow(100)
    over()
    await stand.killMain(() => {
      records.writeTo(file, burst)
      renameSync(file, `${file}.${round}`)
      records.writeTo(file, burst)
    })
  }
})

chaosCase("inode used again while killed", { start }, async ({ over, records, stand }) => {
  const file = join(stand.folder, "watched", "app.log")
  records.writeTo(file, burst)
  const { ino } = statSync(file)
  await everythingStored(stand, "app", burst)
  over()
  await stand.killMain(() => {
    rmSync(file)
    // The file system gives the inode to one of the next files, often to the very next.
    for (let i = 0; i < 100; i++) {
      const next = join(stand.folder, "watched", `new-${i}.log`)
      records.writeTo(next, 5)
      if (statSync(next).ino === ino) break
    }
  })
})

/** Ten thousand in a long run. */
const files = isLong ? 10_000 : 2_000

chaosCase(`${files} files, killed while they are read`, { start }, async ({ flow, over, records, stand }) => {
  const nameOf = (i: number) => join(stand.folder, "watched", `many-${i}.log`)
  for (let i = 0; i < files; i++) records.writeTo(nameOf(i), 1)
  await flow(100)
  over()
  await stand.killMain(() => {
    for (let i = 0; i < files; i += 10) records.writeTo(nameOf(i), 1)
  })
})
