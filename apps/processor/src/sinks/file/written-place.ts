// WrittenPlace: how far lines are written, kept in a small file beside them that is replaced whole or not at all.
import { constants } from "node:fs"
import { open, rename } from "node:fs/promises"
import { dirname } from "node:path"
import type { Place } from "../../outputs/own-pace-sink.ts"

/** The file that is written, its bytes, and the last record in them. What lies behind those bytes was not finished. */
export interface WrittenPlace extends Place {
  readonly file: number
  readonly bytes: number
}

/** Far above what one takes. */
const mostBytes = 4096

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants

/** What was kept; undefined when nothing is, or "unreadable" when something else is there. Rejects as the disk does. */
export const readPlace = async (path: string): Promise<WrittenPlace | "unreadable" | undefined> => {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined
    throw cause
  })
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size > mostBytes) return "unreadable"
    return placeIn(await handle.readFile("utf8")) ?? "unreadable"
  } finally {
    await handle.close()
  }
}

const placeIn = (text: string): WrittenPlace | undefined => {
  let found: Partial<Record<keyof WrittenPlace, unknown>>
  try {
    found = Object(JSON.parse(text))
  } catch {
    return undefined
  }
  const { bytes, file, row, sequence } = found
  const numbers = [bytes, file, row, sequence]
  if (!numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)) return undefined
  return { bytes, file, row, sequence } as WrittenPlace
}

/** Ends when the place is on the disk; a crash leaves it or the one before. */
export const keepPlace = async (path: string, { bytes, file, row, sequence }: WrittenPlace): Promise<void> => {
  const next = `${path}.new`
  const handle = await open(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    await handle.writeFile(`${JSON.stringify({ file, bytes, sequence, row })}\n`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(next, path)
  await syncFolder(dirname(path))
}

/** Makes names that were added to a folder last. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
