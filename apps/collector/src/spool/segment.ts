// Segment: one file of the spool; named by the number of its first record.
import { type FileHandle, mkdir, open, readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { type ReadSegment, readSegment } from "./record.ts"

export interface Segment {
  /** Number of its first record. */
  readonly first: number
  readonly path: string
  /** Bytes that are on the disk for good. */
  bytes: number
  /** Whether nothing in it may make room any more. */
  thinned: boolean
}

const suffix = ".spool"

export const segmentPath = (folder: string, first: number): string =>
  join(folder, `${String(first).padStart(16, "0")}${suffix}`)

/** The segments of a folder, which is made when absent, oldest first. What an interrupted rewrite left is removed. */
export const listSegments = async (folder: string): Promise<Array<Segment>> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const segments: Array<Segment> = []
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name)
    if (name.endsWith(".tmp")) await rm(path)
    const match = /^(\d{16})\.spool$/.exec(name)
    if (match === null) continue
    const bytes = await sizeOf(path)
    segments.push({ first: Number(match[1]), path, bytes, thinned: false })
  }
  return segments
}

const sizeOf = async (path: string): Promise<number> => {
  const handle = await open(path, "r")
  try {
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

/** The bytes of a segment from a place to its durable end. */
export const readFrom = async (segment: Segment, from: number): Promise<Buffer> => {
  const handle = await open(segment.path, "r")
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, segment.bytes - from))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, from + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** All of a segment, with its bytes. */
export const readWhole = async (segment: Segment): Promise<ReadSegment & { readonly bytes: Buffer }> => {
  const bytes = await readFile(segment.path)
  return { ...readSegment(segment.first, bytes), bytes }
}

/** Makes the names in a folder durable. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r")
  await handle.sync().finally(() => handle.close())
}

/** Writes all bytes at a place. */
export const writeAll = async (handle: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}
