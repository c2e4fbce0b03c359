// Matching files: the files a path or pattern stands for now, and the folder where new ones turn up.
import type { BigIntStats } from "node:fs"
import { glob, readdir, stat } from "node:fs/promises"
import { dirname, join, matchesGlob, resolve, sep } from "node:path"
import type { FileConfig } from "../file.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { keyOf } from "./tracked-file.ts"

export interface MatchingFile {
  readonly path: string
  readonly stats: BigIntStats
}

/** A file as one look found it. */
export interface Seen {
  readonly entry: FileConfig
  readonly path: string
  readonly key: string
  readonly size: number
  /** Changes whenever the file does. */
  readonly version: string
}

export const seenAs = (entry: FileConfig, path: string, stats: BigIntStats): Seen => ({
  entry,
  path,
  key: keyOf(stats),
  size: Number(stats.size),
  version: `${stats.size} ${stats.mtimeNs}`
})

const magic = /[*?[\]{}]/

/** The folder all matches lie under. */
export const baseOf = (pattern: string): string => {
  const parts = resolve(pattern).split(sep)
  const first = parts.findIndex((part) => magic.test(part))
  return first < 0 ? dirname(resolve(pattern)) : join(sep, ...parts.slice(0, first))
}

/** Regular files, links followed; what vanishes or may not be read meanwhile is left out. */
export async function* matchingFiles(pattern: string): AsyncGenerator<MatchingFile> {
  const path = resolve(pattern)
  if (!magic.test(path)) {
    const stats = await statsOf(path)
    if (stats !== undefined) yield { path, stats }
    return
  }
  for await (const match of glob(path)) {
    const stats = await statsOf(match)
    if (stats !== undefined) yield { path: match, stats }
  }
}

const statsOf = async (path: string): Promise<BigIntStats | undefined> => {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats?.isFile() ? stats : undefined
}

/**
 * Files with a checkpoint that were renamed within their folder while nobody looked, to names no entry matches: their
 * last lines are still to be read.
 */
export const movedFiles = async (
  checkpoints: Iterable<Checkpoint>,
  seen: ReadonlyMap<string, Seen>,
  entries: ReadonlyArray<FileConfig>
): Promise<Array<Seen>> => {
  const missing = new Map<string, Map<string, FileConfig>>()
  for (const { goneAt, key, path, whole } of checkpoints) {
    if (goneAt !== undefined || whole !== undefined || seen.has(key)) continue
    const entry = entries.find((one) => resolve(one.path) === path || matchesGlob(path, resolve(one.path)))
    if (entry === undefined) continue
    const folder = dirname(path)
    const keys = missing.get(folder) ?? new Map<string, FileConfig>()
    missing.set(folder, keys.set(key, entry))
  }
  const moved: Array<Seen> = []
  for (const [folder, keys] of missing) {
    for (const name of await readdir(folder).catch(() => [])) {
      const stats = await statsOf(join(folder, name))
      const entry = stats === undefined ? undefined : keys.get(keyOf(stats))
      if (stats !== undefined && entry !== undefined) moved.push(seenAs(entry, join(folder, name), stats))
    }
  }
  return moved
}
