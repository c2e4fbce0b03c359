// CheckpointLog: checkpoints on disk, one line each with its checksum; the last line of an id counts.
import { randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { Result, Schema } from "effect"
import { Checkpoint } from "./checkpoint.ts"
import { fromLogged, LoggedPiece, type Piece, Trails, toLogged } from "./trail.ts"

const name = "checkpoints"
const compactBytes = 4_194_304
/** How long the content of a file that is gone may come back as a copy or compressed. */
const forgetMillis = 7 * 86_400_000

/** A line of the log: a checkpoint, and what has been learned of its lines since the one before. */
const Line = Schema.Struct({ ...Checkpoint.fields, trail: Schema.optionalKey(Schema.Array(LoggedPiece)) })
const decode = Schema.decodeUnknownResult(Line)

const lineOf = (checkpoint: Checkpoint, pieces: ReadonlyArray<Piece>): string => {
  const json = JSON.stringify({ ...checkpoint, ...(pieces.length > 0 ? { trail: pieces.map(toLogged) } : {}) })
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`
}

const readLine = (line: string): typeof Line.Type | undefined => {
  const json = line.slice(9)
  if (line[8] !== " " || crc32(json).toString(16).padStart(8, "0") !== line.slice(0, 8)) return undefined
  try {
    const decoded = decode(JSON.parse(json))
    return Result.isSuccess(decoded) ? decoded.success : undefined
  } catch {
    return undefined
  }
}

export class CheckpointLog {
  /** Every checkpoint by its id, those of files that are gone too. */
  readonly checkpoints: Map<string, Checkpoint>
  /** What is known of the lines of those that are there. */
  readonly trails: Trails
  /** False when this folder never had a log: nothing was read from it before. */
  readonly existed: boolean
  readonly #path: string
  readonly #now: () => number
  #handle: FileHandle
  /** Length after the last rewrite, and what was appended since. */
  #bytes: number
  #appended = 0
  #next: { lines: string; readonly written: Promise<void> } | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(
    path: string,
    read: { readonly checkpoints: Map<string, Checkpoint>; readonly trails: Trails; readonly existed: boolean },
    handle: FileHandle,
    bytes: number,
    now: () => number
  ) {
    this.#path = path
    this.checkpoints = read.checkpoints
    this.trails = read.trails
    this.existed = read.existed
    this.#handle = handle
    this.#bytes = bytes
    this.#now = now
  }

  /**
   * Opens or makes the log of a folder. What is damaged is set aside and told to `warn`; the files it spoke of are then
   * read from the beginning, because reading twice is better than losing. A torn last line is what a kill leaves.
   */
  static async open(folder: string, now: () => number, warn: (message: string) => void): Promise<CheckpointLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, name)
    const read = await CheckpointLog.#read(path, now, warn)
    const { bytes, handle } = await rewrite(path, read.checkpoints.values(), read.trails)
    return new CheckpointLog(path, read, handle, bytes, now)
  }

  static async #read(path: string, now: () => number, warn: (message: string) => void) {
    const checkpoints = new Map<string, Checkpoint>()
    const trails = new Trails()
    let text: string
    try {
      text = await readFile(path, "utf8")
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { checkpoints, trails, existed: false }
      throw cause
    }
    const lines = text.split("\n")
    lines.pop()
    const damaged: Array<number> = []
    for (const [i, line] of lines.entries()) {
      const read = readLine(line)
      if (read === undefined) {
        damaged.push(i + 1)
        continue
      }
      const { trail = [], ...checkpoint } = read
      checkpoints.set(checkpoint.id, checkpoint)
      if (checkpoint.goneAt !== undefined) trails.delete(checkpoint.id)
      else for (const piece of trail) trails.add(checkpoint.id, fromLogged(piece))
    }
    if (damaged.length > 0) {
      const aside = `${path}.damaged-${now()}`
      await writeFile(aside, text)
      const which = `${damaged.length} of ${lines.length} lines of ${path} are damaged (first: line ${damaged[0]})`
      warn(`${which}, kept as ${aside}; the files they speak of are read from an earlier place or from the beginning`)
    }
    for (const { goneAt, id } of [...checkpoints.values()]) {
      if (goneAt !== undefined && goneAt < now() - forgetMillis) checkpoints.delete(id)
    }
    return { checkpoints, trails, existed: true }
  }

  /**
   * Resolves once the checkpoint is on the disk, with what has been learned of its lines. Saves that come together share one
   * write and one sync.
   */
  save(checkpoint: Checkpoint, pieces: ReadonlyArray<Piece> = []): Promise<void> {
    this.checkpoints.set(checkpoint.id, checkpoint)
    if (checkpoint.goneAt !== undefined) this.trails.delete(checkpoint.id)
    for (const piece of pieces) this.trails.add(checkpoint.id, piece)
    const line = lineOf(checkpoint, pieces)
    if (this.#next !== undefined) {
      this.#next.lines += line
      return this.#next.written
    }
    const written = this.#writing.then(() => this.#write())
    this.#next = { lines: line, written }
    this.#writing = written.catch(() => undefined)
    return written
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#handle.close()
  }

  async #write(): Promise<void> {
    const lines = this.#next?.lines ?? ""
    this.#next = undefined
    // As much again as is living at least, so that many files do not make every save a rewrite.
    if (this.#appended > Math.max(compactBytes, this.#bytes)) {
      const old = this.#handle
      const { bytes, handle } = await rewrite(this.#path, this.#living(), this.trails)
      this.#handle = handle
      this.#bytes = bytes
      this.#appended = 0
      await old.close()
      return
    }
    await this.#handle.appendFile(lines)
    await this.#handle.datasync()
    this.#appended += lines.length
  }

  #living(): Iterable<Checkpoint> {
    const oldest = this.#now() - forgetMillis
    for (const { goneAt, id } of [...this.checkpoints.values()]) {
      if (goneAt !== undefined && goneAt < oldest) this.checkpoints.delete(id)
    }
    return this.checkpoints.values()
  }
}

/** Replaces the log in one step: either the old or the new one is there, whole, whatever happens. */
const rewrite = async (path: string, checkpoints: Iterable<Checkpoint>, trails: Trails) => {
  const temporary = `${path}.${randomUUID()}.tmp`
  const handle = await open(temporary, "a", 0o600)
  const text = [...checkpoints].map((one) => lineOf(one, trails.of(one.id))).join("")
  await handle.appendFile(text)
  await handle.sync()
  await rename(temporary, path)
  const folder = await open(join(path, ".."), "r")
  await folder.sync().finally(() => folder.close())
  return { handle, bytes: text.length }
}
