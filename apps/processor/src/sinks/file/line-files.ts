// LineFiles: the files of one partition, numbered, to which lines are appended once each, also over a crash.
import { constants } from "node:fs"
import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { Effect } from "effect"
import type { OpenOwnPaceSink, Place } from "../../outputs/own-pace-sink.ts"
import { SinkError } from "../../outputs/sink-error.ts"
import { jsonLines } from "../json-lines.ts"
import { keepPlace, readPlace, syncFolder, type WrittenPlace } from "./written-place.ts"

export interface LineFilesOptions {
  readonly folder: string
  /** What the files begin with. */
  readonly name: string
  /** Bytes of a file behind which the next one is begun. */
  readonly maxBytes: number
  /** Files that are kept; all when left out. */
  readonly keep?: number
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/** What lasts until somebody frees room, grants access or takes away what is in the way. */
const holdCodes = new Set("ENOSPC EDQUOT EROFS EACCES EPERM ELOOP ENOTDIR EISDIR EFBIG ENXIO EEXIST".split(" "))

/**
 * Lines are put behind the bytes that the kept place names and synced, and then the place is kept anew. A crash in between
 * leaves bytes behind the place, which the next life cuts off; those records come again. A file that somebody has
 * made shorter or taken away is left as it is, and the next one begun.
 */
class LineFiles implements OpenOwnPaceSink {
  readonly #options: LineFilesOptions
  readonly #placePath: string
  #place: WrittenPlace | undefined
  /** The file to write to, and the bytes in it that count. */
  #file = 1
  #bytes = 0
  #handle: FileHandle | undefined

  constructor(options: LineFilesOptions) {
    this.#options = options
    this.#placePath = join(options.folder, `${options.name}.offset`)
  }

  held(): Place | undefined {
    return this.#place
  }

  /** Finds where an earlier life ended. */
  get open(): Effect.Effect<void, SinkError> {
    return this.#trying(async () => {
      const { folder } = this.#options
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const place = await readPlace(this.#placePath)
      if (place === "unreadable") throw Object.assign(new Error("it is no offset of this sink"), { code: "EEXIST" })
      this.#place = place
      this.#file = place?.file ?? (await this.#lastNumber()) + 1
      this.#bytes = place?.bytes ?? 0
      await this.#reach()
    })
  }

  write(batch: LogBatch, through: Place): Effect.Effect<void, SinkError> {
    return Effect.suspend(() => {
      const lines = Buffer.from(jsonLines(batch))
      return this.#trying(async () => {
        if (this.#bytes > 0 && this.#bytes + lines.length > this.#options.maxBytes) await this.#beginNext()
        const handle = await this.#reach()
        for (let at = 0; at < lines.length; ) {
          const { bytesWritten } = await handle.write(lines, at, lines.length - at, this.#bytes + at)
          at += bytesWritten
        }
        await handle.datasync()
        const bytes = this.#bytes + lines.length
        const place = { ...through, file: this.#file, bytes }
        await keepPlace(this.#placePath, place)
        this.#place = place
        this.#bytes = bytes
      })
    })
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  /** The open file, which ends where the next lines belong; another one where somebody took from it or took it away. */
  async #reach(): Promise<FileHandle> {
    for (;;) {
      const handle =
        this.#handle ?? (await open(this.#path(this.#file), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600))
      const isNew = this.#handle === undefined
      this.#handle = handle
      const stat = await handle.stat()
      if (!stat.isFile()) throw Object.assign(new Error("it is no file"), { code: "EEXIST" })
      if (stat.size > this.#bytes) await handle.truncate(this.#bytes)
      if (isNew) await syncFolder(this.#options.folder)
      if (stat.nlink > 0 && stat.size >= this.#bytes) return handle
      await this.close()
      this.#file = Math.max(this.#file, await this.#lastNumber()) + 1
      this.#bytes = 0
    }
  }

  async #beginNext(): Promise<void> {
    await this.close()
    this.#file++
    this.#bytes = 0
    const { keep } = this.#options
    if (keep === undefined) return
    for (const number of await this.#numbers()) if (number <= this.#file - keep) await rm(this.#path(number))
  }

  #path(number: number): string {
    return join(this.#options.folder, `${this.#options.name}-${String(number).padStart(10, "0")}.ndjson`)
  }

  async #numbers(): Promise<ReadonlyArray<number>> {
    const { folder, name } = this.#options
    const names = (await readdir(folder)).filter((one) => one.startsWith(`${name}-`))
    return names.flatMap((one) => {
      const digits = /^-(\d{10})\.ndjson$/.exec(one.slice(name.length))?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
  }

  async #lastNumber(): Promise<number> {
    return Math.max(0, ...(await this.#numbers()))
  }

  #trying(work: () => Promise<void>): Effect.Effect<void, SinkError> {
    return Effect.tryPromise({ try: work, catch: (cause) => this.#errorOf(cause as NodeJS.ErrnoException) }).pipe(
      Effect.tapError(() => Effect.promise(() => this.close().catch(() => undefined)))
    )
  }

  #errorOf({ code = "", message }: NodeJS.ErrnoException): SinkError {
    const consequence = holdCodes.has(code) ? "hold" : "retry"
    const what = code === "EEXIST" ? `${this.#placePath} or the file it names` : this.#path(this.#file)
    const advice = code === "ENOSPC" || code === "EDQUOT" ? ", free some room" : ""
    return new SinkError({ consequence, message: `cannot write ${what}: ${message}${advice}` })
  }
}

/** The files of a partition for the life of the scope. */
export const openLineFiles = Effect.fnUntraced(function* (options: LineFilesOptions) {
  const files = new LineFiles(options)
  yield* Effect.addFinalizer(() => Effect.promise(() => files.close().catch(() => undefined)))
  yield* files.open
  return files as OpenOwnPaceSink
})
