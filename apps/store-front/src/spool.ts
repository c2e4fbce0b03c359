// Spool: bodies of requests in files of the runtime folder, bounded each and in all; a local client may put its own there.
import { randomUUID } from "node:crypto"
import { type FileHandle, lstat, open, readdir, rename, rm } from "node:fs/promises"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib"
import { givenName } from "@tailrace/store/write/given-body"
import { busy, FrontException } from "./errors.ts"

/** A map, because a sender's word looked up in an object finds what every object has. */
const decoders: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress]
] as const)

export const tooLarge = (bytes: number): FrontException =>
  new FrontException(307, "TOO_MANY_BYTES", `body is larger than ${bytes} bytes, send it in parts`, { status: 413 })

/** The body as it was before compression, not one byte more than `cap`. Throws 413, 415 and what is corrupt as 400. */
export async function* readBody(request: IncomingMessage, cap: number): AsyncGenerator<Buffer, void> {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  const decoder = encoding === "identity" || encoding === "" ? undefined : decoders.get(encoding)
  if (decoder === undefined && encoding !== "identity" && encoding !== "") {
    const known = [...decoders.keys()].join(", ")
    throw new FrontException(89, "UNKNOWN_COMPRESSION_METHOD", `body in ${encoding.slice(0, 64)}, known are ${known}`, {
      status: 415
    })
  }
  if (decoder === undefined && Number(request.headers["content-length"] ?? 0) > cap) throw tooLarge(cap)
  const source = decoder === undefined ? undefined : pipeInto(request, decoder())
  let size = 0
  try {
    // The connection must outlive the body, to carry the answer that refuses it.
    for await (const chunk of source ?? request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size > cap) throw tooLarge(cap)
      yield chunk as Buffer
    }
  } catch (error) {
    if (error instanceof FrontException || request.readableAborted) throw error
    throw new FrontException(271, "CANNOT_DECOMPRESS", `body is not ${encoding}: ${(error as Error).message}`, {
      status: 400
    })
  } finally {
    source?.destroy()
  }
}

const pipeInto = (request: IncomingMessage, decoder: NodeJS.ReadWriteStream & Readable): Readable => {
  request.on("error", (error) => decoder.destroy(error))
  request.on("aborted", () => decoder.destroy(new Error("client left")))
  request.pipe(decoder)
  return decoder
}

export class SpoolFile {
  readonly path: string
  size = 0
  readonly #file: FileHandle | undefined
  readonly #spool: Spool

  /** Without an open file it is one that somebody else has written. */
  constructor(spool: Spool, path: string, file: FileHandle | undefined) {
    this.#spool = spool
    this.path = path
    this.#file = file
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#spool.reserve(chunk.length)
    this.size += chunk.length
    await this.#file?.writeFile(chunk)
  }

  async finish(): Promise<void> {
    await this.#file?.close()
  }

  /** Counts what was written by somebody else. */
  count(bytes: number): void {
    this.#spool.reserve(bytes)
    this.size = bytes
  }

  async remove(): Promise<void> {
    this.#spool.free(this.size)
    this.size = 0
    await this.#file?.close().catch(() => undefined)
    await rm(this.path, { force: true })
  }
}

/** Bodies that nobody asked to insert are removed after this long. */
const forgottenMillis = 60_000

export class Spool {
  readonly folder: string
  readonly #capacity: number
  #used = 0
  #sweptAt = 0

  constructor(folder: string, capacity: number) {
    this.folder = folder
    this.#capacity = capacity
  }

  async create(): Promise<SpoolFile> {
    const path = this.#newPath()
    return new SpoolFile(this, path, await open(path, "wx", 0o600))
  }

  /**
   * Takes a body that a client put into the folder under this name, so that nobody else can. Throws 413 for one larger than
   * `cap` bytes, and 503 when it is not there, because this front did not run yet when it was put somewhere.
   */
  async adopt(name: string, cap: number): Promise<SpoolFile> {
    if (!givenName.test(name)) throw new FrontException(36, "BAD_ARGUMENTS", "no body of that name can be given")
    void this.#sweep()
    const file = new SpoolFile(this, this.#newPath(), undefined)
    try {
      await rename(join(this.folder, name), file.path)
    } catch {
      throw busy("The body is not in the spool, send it again")
    }
    try {
      const found = await lstat(file.path)
      if (!found.isFile()) throw new FrontException(36, "BAD_ARGUMENTS", "the given body is not a file")
      if (found.size > cap) throw tooLarge(cap)
      file.count(found.size)
      return file
    } catch (error) {
      await file.remove()
      throw error
    }
  }

  #newPath(): string {
    return join(this.folder, `body-${randomUUID()}`)
  }

  /** Removes what clients put here and never asked for, because they died before. */
  async #sweep(): Promise<void> {
    const now = Date.now()
    if (now - this.#sweptAt < forgottenMillis) return
    this.#sweptAt = now
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!givenName.test(name)) continue
      const path = join(this.folder, name)
      const found = await lstat(path).catch(() => undefined)
      if (found !== undefined && now - found.mtimeMs > forgottenMillis) await rm(path, { force: true })
    }
  }

  reserve(bytes: number): void {
    if (this.#used + bytes > this.#capacity) throw busy("Too much data in flight, try again in a second")
    this.#used += bytes
  }

  free(bytes: number): void {
    this.#used -= bytes
  }
}
