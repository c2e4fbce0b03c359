// Unpack: a gzip file into the data folder, so that it is read, resumed and joined like any other.
import { createReadStream, createWriteStream } from "node:fs"
import { open, rm } from "node:fs/promises"
import { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { isAbsent } from "./tracked-file.ts"

/** Whether a file begins like gzip (RFC 1952). */
export const isGzip = async (path: string): Promise<boolean> => {
  try {
    const handle = await open(path, "r")
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (isAbsent(cause)) return false
    throw cause
  }
}

/** Unpacks `path` to `target`; what is wrong with it in words, or undefined. At most `limit` bytes are written. */
export const unpack = async (path: string, target: string, limit: number): Promise<string | undefined> => {
  let size = 0
  const capped = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > limit) done(new RangeError(`it unpacks to more than ${limit} bytes`))
      else done(null, chunk)
    }
  })
  try {
    await pipeline(createReadStream(path), createGunzip(), capped, createWriteStream(target, { mode: 0o600 }))
    return undefined
  } catch (cause) {
    await rm(target, { force: true })
    return cause instanceof Error ? cause.message : String(cause)
  }
}
