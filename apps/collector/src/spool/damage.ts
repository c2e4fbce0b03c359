// Damage: bytes of the spool that are no records, counted, told of and kept.
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Damage } from "./record.ts"
import type { Segment } from "./segment.ts"

/** What the spool tells of. */
export interface SpoolWatcher {
  readonly warn: (message: string) => void
  /** Bytes that are no records any more, and how many records are missing for it, as far as the numbers tell. */
  readonly damaged: (bytes: number, records: number) => void
  /** Records (not frames) that made room for newer ones. */
  readonly dropped: (component: string, records: number) => void
}

/** Keeps bytes that are no records beside the spool, for whoever can make something of them, and tells of it. */
export const keepDamage = async (
  folder: string,
  segment: Segment,
  { from, to }: Damage,
  bytes: Uint8Array,
  watcher: SpoolWatcher
): Promise<void> => {
  const path = await keepBytes(folder, `${String(segment.first).padStart(16, "0")}-${from}-${to}`, bytes)
  watcher.damaged(bytes.length, 0)
  watcher.warn(`${bytes.length} bytes of ${segment.path} at ${from} are damaged, kept as ${path}`)
}

/** Keeps bytes in the folder beside the segments; answers where. Characters that are none of a name become "_". */
export const keepBytes = async (folder: string, name: string, bytes: Uint8Array): Promise<string> => {
  const aside = join(folder, "damaged")
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const path = join(aside, name.replace(/[^A-Za-z0-9._-]/g, "_"))
  await writeFile(path, bytes, { mode: 0o600, flush: true })
  return path
}
