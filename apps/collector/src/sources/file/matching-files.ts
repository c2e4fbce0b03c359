// Matching files: the files a path or pattern stands for now, and the folder where new ones turn up.
import type { BigIntStats } from "node:fs"
import { glob, readdir, stat } from "node:fs/promises"
import { dirname, join, matchesGlob, resolve, sep } from "node:path"
import type { Checkpoint } from "./checkpoint.ts"
import type { FileConfig } from "./file-config.ts"
import { regularFile, type Skipped, Vetted } from "./links.ts"
import { keyOf } from "./open-file.ts"

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

/**
 * Regular files; what vanishes or may not be read meanwhile is left out, and so is what lies behind a link that is not
 * followed (see `Vetted`), which `skipped` is told.
 */
export async function* matchingFiles(pattern: string, skipped: (one: Skipped) => void): AsyncGenerator<MatchingFile> {
  const vetted = new Vetted()
  const path = resolve(pattern)
  for await (const match of magic.test(path) ? glob(path) : [path]) {
    const stats = await vetted.file(match)
    if (stats === undefined) continue
    if ("why" in stats) skipped(stats)
    else yield { path: match, stats }
  }
}

/** Links to folders at places where a pattern has a wildcard: it does not go into them. */
export async function* skippedFolders(pattern: string): AsyncGenerator<Skipped> {
  const parts = resolve(pattern).split(sep)
  for (const [i, part] of parts.slice(0, -1).entries()) {
    if (!magic.test(part)) continue
    for await (const entry of glob(parts.slice(0, i + 1).join(sep), { withFileTypes: true })) {
      const link = join(entry.parentPath, entry.name)
      const leadsToFolder = entry.isSymbolicLink() && (await stat(link).catch(() => undefined))?.isDirectory()
      const why = `wildcards do not go into links to folders; name the folder it leads to in a path of its own`
      if (leadsToFolder) yield { link, why }
    }
  }
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
      const stats = await regularFile(join(folder, name))
      const entry = stats === undefined ? undefined : keys.get(keyOf(stats))
      if (stats !== undefined && entry !== undefined) moved.push(seenAs(entry, join(folder, name), stats))
    }
  }
  return moved
}
