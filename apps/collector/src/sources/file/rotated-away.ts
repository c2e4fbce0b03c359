// Rotated away: files that were made and renamed out of the pattern between two looks, found beside their successors.
import { readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { regularFile } from "./links.ts"
import type { MatchingFile } from "./matching-files.ts"
import { stemOf } from "./source-name.ts"

/** File systems keep times by their own clock's tick, which runs behind. */
const slackMillis = 50

/** Files of the same folders and stems as `paths` that were made since `sinceMillis`. */
export const rotatedAway = async (
  paths: Iterable<string>,
  sinceMillis: number
): Promise<ReadonlyArray<MatchingFile>> => {
  const stems = new Map<string, Set<string>>()
  for (const path of paths) {
    const folder = dirname(path)
    const known = stems.get(folder) ?? new Set()
    stems.set(folder, known.add(stemOf(path)))
  }
  const found: Array<MatchingFile> = []
  for (const [folder, known] of stems) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!known.has(stemOf(name))) continue
      const path = join(folder, name)
      const stats = await regularFile(path)
      if (stats !== undefined && Number(stats.birthtimeMs) >= sinceMillis - slackMillis) found.push({ path, stats })
    }
  }
  return found
}
