// Unpack: a gzip file into the data folder, so that it is read, resumed and joined like any other.
import { createWriteStream } from "node:fs"
import { rm } from "node:fs/promises"
import { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { openAs, withFile } from "./open-file.ts"

/** Whether a file begins like gzip (RFC 1952); undefined when the file with this key is not at the path. */
export const isGzip = (path: string, key: string): Promise<boolean | undefined> =>
  withFile(path, key, async (read) => {
    const [first, second] = await read(0, 2)
    return first === 0x1f && second === 0x8b
  })

/** Unpacks the file with this key at `path` to `target`; what is wrong with it in words, or undefined. At most `limit` bytes are written. */
export const unpack = async (path: string, key: string, target: string, limit: number): Promise<string | undefined> => {
  const handle = await openAs(path, key)
  if (handle === undefined) return "another file lies in its place"
  let size = 0
  const capped = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > limit) done(new RangeError(`it unpacks to more than ${limit} bytes`))
      else done(null, chunk)
    }
  })
  try {
    await pipeline(handle.createReadStream(), createGunzip(), capped, createWriteStream(target, { mode: 0o600 }))
    return undefined
  } catch (cause) {
    await rm(target, { force: true })
    return cause instanceof Error ? cause.message : String(cause)
  }
}
