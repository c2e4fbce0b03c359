// Matching files: the files a path or pattern stands for now, and the folder where new ones turn up.
import type { BigIntStats } from "node:fs"
import { glob, stat } from "node:fs/promises"
import { dirname, join, resolve, sep } from "node:path"

export interface MatchingFile {
  readonly path: string
  readonly stats: BigIntStats
}

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
