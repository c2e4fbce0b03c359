// Open file: a file by its path and its inode, so that another one put in its place is never read as this one.
import { type FileHandle, open } from "node:fs/promises"
import type { ReadRange } from "./checkpoint.ts"

/** `device:inode` of a file. */
export const keyOf = (stats: { readonly dev: bigint; readonly ino: bigint }): string => `${stats.dev}:${stats.ino}`

export const isAbsent = (cause: unknown): boolean => {
  const { code } = cause as NodeJS.ErrnoException
  return code === "ENOENT" || code === "ENOTDIR"
}

/** Opens a path if the file with this key is there; undefined when it is not. Fails as the file system fails. */
export const openAs = async (path: string, key: string): Promise<FileHandle | undefined> => {
  try {
    const handle = await open(path, "r")
    if (keyOf(await handle.stat({ bigint: true })) === key) return handle
    await handle.close()
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
  }
  return undefined
}

/** Reads ranges of an open file. */
export const readerOf =
  (handle: FileHandle): ReadRange =>
  async (start, end) => {
    const buffer = Buffer.allocUnsafe(Math.max(0, end - start))
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, start + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  }

/** Opens a file for the time of `use`; undefined when the file with this key is not there. */
export const withFile = async <A>(
  path: string,
  key: string,
  use: (read: ReadRange, handle: FileHandle) => Promise<A>
): Promise<A | undefined> => {
  const handle = await openAs(path, key)
  if (handle === undefined) return undefined
  try {
    return await use(readerOf(handle), handle)
  } finally {
    await handle.close()
  }
}
