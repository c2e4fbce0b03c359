// TrackedFile: one file that is read on as it grows; its checkpoint moves only behind the broker's acknowledgement.
import { randomUUID } from "node:crypto"
import { type FileHandle, readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { mayHoldParts } from "../../framing/multiline/container-line.ts"
import { maxLines } from "../../framing/multiline/multiline-config.ts"
import { forEachRecord } from "../../framing/multiline/records.ts"
import type { SourceContext } from "../../source.ts"
import { type Checkpoint, ContentTrace, continues, nothing, type ReadRange } from "./checkpoint.ts"
import type { CheckpointLog } from "./checkpoint-log.ts"
import { commonPart } from "./common-part.ts"
import { regularFile } from "./links.ts"
import { keyOf, openAs, readerOf } from "./open-file.ts"
import { publishRegion, type RegionOptions } from "./region.ts"
import { pieceOf } from "./trail.ts"

export interface TrackedOptions extends RegionOptions {
  readonly context: SourceContext
  readonly log: CheckpointLog
  /** Milliseconds without growth after which a last line without line end, or a joined record, is complete. */
  readonly partialMillis: number
  /** The same for a file that has left its path, which then is closed. */
  readonly rotatedMillis: number
}

/** more: there may be more to read. idle: not now. ended: read to its end and gone. stopped: the collector stops. */
export type Turn = "more" | "idle" | "ended" | "stopped"

/** Bytes read at once. */
const chunkBytes = 262_144

export class TrackedFile {
  checkpoint: Checkpoint
  /** Where the file is now. */
  path: string
  /** Whether it has left its path: renamed out of sight, deleted, or an unpacked copy. */
  detached = false
  /** Whether its last bytes wait for more. */
  waiting = false
  readonly #options: TrackedOptions
  #handle: FileHandle | undefined
  #trace: ContentTrace | undefined
  #size = -1
  #grownAt = 0
  /** How far a line without end has been searched for it. */
  #searched = 0

  readonly #identity: string

  /** `identity`: device and inode of the file itself, where it stands for another (an unpacked one). */
  constructor(checkpoint: Checkpoint, path: string, options: TrackedOptions, identity = checkpoint.key) {
    this.checkpoint = checkpoint
    this.path = path
    this.#options = options
    this.#identity = identity
  }

  /** Reads and publishes one region, if there is one. Fails as the file system fails. */
  async turn(): Promise<Turn> {
    const handle = await this.#open()
    if (handle === undefined) return "ended"
    const read = readerOf(handle)
    const { size } = await handle.stat()
    const { kept, offset, pending } = this.checkpoint
    if (size < (kept ?? pending ?? offset) || !(await continues(this.checkpoint, read))) {
      await this.#startOver()
      return "more"
    }
    this.#trace ??= await ContentTrace.of(read, offset)
    if (pending !== undefined) return this.#publish(read, kept ?? pending)
    const now = performance.now()
    if (size !== this.#size) {
      this.#size = size
      this.#grownAt = now
    }
    const patience = this.detached ? this.#options.rotatedMillis : this.#options.partialMillis
    const final = now - this.#grownAt >= patience
    const { bytes, to } = await this.#cut(read, size, final)
    this.waiting = to < size || (this.detached && !final)
    if (to > offset) return this.#publish(read, to, bytes)
    return this.detached && final && size === offset ? "ended" : "idle"
  }

  /** Closes the handle; the next turn opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  /** The content was replaced: what is there now is a new one under a new id; the old one may come back as a copy. */
  async #startOver(): Promise<void> {
    const { context, log } = this.#options
    const { id: _, ...old } = this.checkpoint
    await log.save({ ...this.checkpoint, goneAt: context.now() })
    this.checkpoint = { id: randomUUID(), path: old.path, key: old.key, head: nothing, offset: 0, mark: nothing }
    this.#trace = undefined
    this.#size = -1
    this.#searched = 0
  }

  /** What was published under the id ends here; what follows is other content than was read before. */
  async #renew(checkpoint: Checkpoint, read: ReadRange): Promise<void> {
    const { context, log } = this.#options
    const { pieces } = await commonPart(checkpoint, log.trails.of(checkpoint.id), checkpoint.offset, read)
    this.checkpoint = { ...checkpoint, id: randomUUID() }
    // In this order: a crash between the two leaves both, and the old one is done with again under the same ids.
    await Promise.all([log.save(this.checkpoint, pieces), log.save({ ...checkpoint, goneAt: context.now() })])
  }

  async #publish(read: ReadRange, to: number, known?: Uint8Array): Promise<Turn> {
    const { log, context, maxMessageBytes, rule } = this.#options
    const { kept, pending, ...from } = this.checkpoint
    const length = to - from.offset
    const oversize = rule === undefined && length > chunkBytes && length > maxMessageBytes + 1
    const bytes = oversize
      ? await read(from.offset, from.offset + maxMessageBytes)
      : known !== undefined && known.length >= length
        ? known.subarray(0, length)
        : await read(from.offset, to)
    const last = oversize ? await read(Math.max(from.offset, to - 1_024), to) : bytes
    const missing = oversize ? length - maxMessageBytes - (last[last.length - 1] === 10 ? 1 : 0) : 0
    if (!oversize && bytes.length < length) return "more"
    if (pending === undefined) {
      this.checkpoint = { ...from, pending: to }
      await log.save(this.checkpoint, oversize ? [] : [pieceOf(bytes, from.offset)])
    }
    const id = `file-${from.id}-${from.offset}-${pending ?? to}`
    if (!(await publishRegion(bytes, missing, id, this.#options, context, pending !== undefined))) return "stopped"
    this.#trace?.append(bytes)
    if (oversize) this.#trace?.append(last)
    const reached = { ...from, offset: to, ...this.#trace?.digests }
    if (kept === undefined) {
      this.checkpoint = reached
      await log.save(reached)
    } else await this.#renew(reached, read)
    return "more"
  }

  /** Where the next region ends; `offset` when there is none yet. */
  async #cut(
    read: ReadRange,
    size: number,
    final: boolean
  ): Promise<{ readonly to: number; readonly bytes: Uint8Array }> {
    const { maxMessageBytes, rule } = this.#options
    const { offset } = this.checkpoint
    // Without a rule a region longer than this is one oversize line.
    const most = rule === undefined ? Math.max(chunkBytes, maxMessageBytes) : maxMessageBytes + 2 * chunkBytes
    for (let want = chunkBytes; ; want = Math.min(2 * want, most)) {
      const bytes = await read(offset, Math.min(size, offset + want))
      const end = bytes.lastIndexOf(10) + 1
      const all = offset + bytes.length >= size
      if (all && final) return { bytes, to: offset + bytes.length }
      if (rule === undefined) {
        if (end === 0 && !all) return { bytes, to: await this.#endOfLine(read, offset + bytes.length, size, final) }
        if (!mayHoldParts(bytes, 0, end)) return { bytes, to: offset + end }
      }
      const record = { maxBytes: maxMessageBytes, maxLines, rule }
      const rest = forEachRecord(bytes, 0, end, false, record, () => {})
      if (rest > 0 || all) return { bytes, to: offset + rest }
      if (want === most) return { bytes, to: offset + (end > 0 ? end : bytes.length) }
    }
  }

  /** Behind the end of a line longer than a chunk; the offset while it has none. */
  async #endOfLine(read: ReadRange, from: number, size: number, final: boolean): Promise<number> {
    for (let at = Math.max(from, this.#searched); at < size; at += chunkBytes) {
      const newline = (await read(at, Math.min(size, at + chunkBytes))).indexOf(10)
      if (newline >= 0) return at + newline + 1
    }
    this.#searched = size
    return final ? size : this.checkpoint.offset
  }

  async #open(): Promise<FileHandle | undefined> {
    if (this.#handle !== undefined) return this.#handle
    const handle = (await openAs(this.path, this.#identity)) ?? (await this.#openElsewhere())
    this.#handle = handle
    return handle
  }

  /** Looks for the file beside its path, where a rotation that happened while it was closed has left it. */
  async #openElsewhere(): Promise<FileHandle | undefined> {
    const folder = dirname(this.path)
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      const found = await regularFile(path)
      if (found !== undefined && keyOf(found) === this.#identity) return openAs(path, this.#identity)
    }
    return undefined
  }
}
