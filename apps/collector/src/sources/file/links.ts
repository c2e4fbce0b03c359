// Links: which symbolic links on the way to a file are followed, and which lead where their owner could not go himself.
import type { BigIntStats } from "node:fs"
import { lstat, readlink, realpath } from "node:fs/promises"
import { dirname, isAbsolute, join, resolve, sep } from "node:path"

/** Links followed one after another, as many as the kernel follows. */
const mostLinks = 40

const absent = () => undefined

/** The status of a regular file that is not a link; undefined for everything else, and for what is not there. */
export const regularFile = async (path: string): Promise<BigIntStats | undefined> => {
  const stats = await lstat(path, { bigint: true }).catch(absent)
  return stats?.isFile() ? stats : undefined
}

export interface Skipped {
  /** The link, or the file where no link is to blame. */
  readonly link: string
  readonly why: string
}

/**
 * The file that a path leads to, or the link on the way that is not followed. A link is as good as who made it: whoever may
 * write into a folder could otherwise make the collector read, and show, what only the collector may read. So links of
 * root and of the collector's own user are followed, and those of others where they lead to a file of their owner, or one that everybody may
 * read. undefined when there is no such file.
 */
const followed = async (path: string): Promise<BigIntStats | Skipped | undefined> => {
  const way = await walk(path)
  if (way === undefined) return undefined
  const stats = await regularFile(way.real)
  if (stats === undefined) return undefined
  const own = BigInt(process.geteuid?.() ?? 0)
  let open: boolean | undefined
  for (const { link, uid } of way.links) {
    if (uid === 0n || uid === own || uid === stats.uid) continue
    open ??= await everybodyReads(way.real, stats)
    if (open) continue
    const why = `it belongs to user ${uid} and leads to ${way.real}, which that user may not be able to read`
    return { link, why: `${why}; name that file itself in a path, or make the link as root or as the collector's user` }
  }
  return stats
}

/** Where a path leads, and every link on the way. */
const walk = async (path: string) => {
  const links: Array<{ readonly link: string; readonly uid: bigint }> = []
  const parts = resolve(path).split(sep).slice(1)
  let real: string = sep
  while (parts.length > 0) {
    // ".." goes up from where links have led, therefore one part after another.
    const next = join(real, parts.shift() ?? "")
    const stats = await lstat(next, { bigint: true }).catch(absent)
    if (stats === undefined || links.length > mostLinks) return undefined
    if (!stats.isSymbolicLink()) {
      real = next
      continue
    }
    links.push({ link: next, uid: stats.uid })
    const target = await readlink(next).catch(absent)
    if (target === undefined) return undefined
    parts.unshift(...target.split(sep))
    if (isAbsolute(target)) real = sep
  }
  return { real, links }
}

const everybodyReads = async (path: string, stats: BigIntStats): Promise<boolean> => {
  if ((stats.mode & 0o4n) === 0n) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await lstat(folder)
    if ((mode & 0o1) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** Tells files without links on their way from others, looking at each folder once. */
export class Vetted {
  readonly #plain = new Map<string, Promise<boolean>>()

  /**
   * The file that a path leads to, or the link on the way that is not followed (see `followed`); undefined when there is no
   * such file.
   */
  async file(path: string): Promise<BigIntStats | Skipped | undefined> {
    const folder = dirname(path)
    const plain =
      this.#plain.get(folder) ??
      realpath(folder).then(
        (real) => real === folder,
        () => false
      )
    this.#plain.set(folder, plain)
    const stats = await lstat(path, { bigint: true }).catch(absent)
    if (stats === undefined) return undefined
    if (stats.isSymbolicLink() || !(await plain)) return followed(path)
    return stats.isFile() ? stats : undefined
  }
}
