// Spool: frames on disk in the order in which they came, for the time the broker takes none; bounded, checksummed, durable.
import { type FileHandle, open, rm } from "node:fs/promises"
import { join } from "node:path"
import { Cursor } from "./cursor.ts"
import { keepBytes, keepDamage, type SpoolWatcher } from "./damage.ts"
import { type Found, findEnd } from "./find-end.ts"
import { Mutex } from "./mutex.ts"
import { type Damage, encodeRecord, type NewFrame, readSegment, type SpoolRecord } from "./record.ts"
import { listSegments, readFrom, type Segment, segmentPath, syncFolder, writeAll } from "./segment.ts"
import { thinSegment } from "./thin.ts"

export interface SpoolOptions {
  readonly folder: string
  /** Bytes of all segments. */
  readonly maxBytes: number
  /** A segment is closed once it holds this many bytes. */
  readonly segmentBytes: number
}

/** Frames sent at once at most; after a crash so many may be with the broker beyond what the cursor says. */
export const sentAtOnce = 64

/** Ids of sources that are remembered. */
const rememberedIds = 10_000

export class Spool {
  readonly #options: SpoolOptions
  readonly #watcher: SpoolWatcher
  readonly #cursor: Cursor
  readonly #mutex = new Mutex()
  readonly #ids: Set<string>
  #segments: Array<Segment>
  /** The handle of the last segment while it is written to. */
  #active: FileHandle | undefined
  /** Number of the last record that is on the disk, and the last number that was given away. */
  #last: number
  #given: number
  /** Records read and not yet sent, and up to where the first segment has been read. */
  #loaded: Array<SpoolRecord> = []
  #readBytes = 0
  #readNumber: number
  /** Records below these numbers may have been sent, or are about to be. */
  #doubtfulBelow: number
  #lentBelow = 0
  #closed = false

  private constructor(options: SpoolOptions, watcher: SpoolWatcher, cursor: Cursor, found: Found) {
    this.#options = options
    this.#watcher = watcher
    this.#cursor = cursor
    this.#segments = found.segments
    this.#ids = found.ids
    this.#last = Math.max(found.last, cursor.state.next - 1)
    this.#given = this.#last
    this.#readNumber = cursor.state.next - 1
    // Without a cursor all of the first segment may have been sent.
    const from = cursor.known ? cursor.state.next : (found.segments[1]?.first ?? this.#last + 1)
    this.#doubtfulBelow = Math.min(from + sentAtOnce, this.#last + 1)
  }

  /** Opens or makes the spool of a folder; what an earlier life left is still to be sent. */
  static async open(options: SpoolOptions, watcher: SpoolWatcher): Promise<Spool> {
    const segments = await listSegments(options.folder)
    const cursor = await Cursor.open(join(options.folder, "cursor"), segments[0]?.first)
    if (!cursor.known) {
      watcher.warn(
        `the cursor of the spool in ${options.folder} was lost; the broker is asked which of its first frames it has`
      )
    }
    const found = await findEnd(options.folder, segments, cursor.state.next, watcher)
    await syncFolder(options.folder)
    return new Spool(options, watcher, cursor, found)
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** Frames that are not acknowledged by the broker. */
  get frames(): number {
    return this.#last + 1 - this.#cursor.state.next
  }

  get isEmpty(): boolean {
    return this.frames <= 0
  }

  /** The sequence of the raw stream that the cursor knows. */
  get sequence(): number {
    return this.#cursor.state.sequence
  }

  /** Whether a source's id is here or was, lately: its frame need not come again. */
  has(id: string): boolean {
    return this.#ids.has(id)
  }

  fits(bytes: number): boolean {
    return this.bytes + bytes <= this.#options.maxBytes
  }

  /** Whether the broker may have a record already. */
  isDoubtful(record: SpoolRecord): boolean {
    return record.tried || record.number < this.#doubtfulBelow
  }

  /** Whether frames behind this one may have been sent. */
  isDoubtfulAfter(record: SpoolRecord): boolean {
    return record.number + 1 < this.#doubtfulBelow
  }

  /** Resolves once the frames are on the disk, behind all others. Rejects as the file system fails; then none counts. */
  append(frames: ReadonlyArray<NewFrame>): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#closed) throw new Error("the spool is closed")
      const handle = this.#active ?? (await this.#begin())
      const segment = this.#segments[this.#segments.length - 1] as Segment
      let previous = this.#last
      const parts = frames.map((frame) => {
        const number = ++this.#given
        const bytes = encodeRecord(segment.first, { ...frame, number, previous })
        previous = number
        return bytes
      })
      const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
      try {
        await writeAll(handle, all, segment.bytes)
        await handle.datasync()
      } catch (cause) {
        // What came of it is unknown: it is cut off, and the next try begins a segment with numbers of its own.
        await handle.truncate(segment.bytes).catch(() => undefined)
        await this.#seal()
        throw cause
      }
      segment.bytes += all.length
      segment.thinned = false
      this.#last = previous
      for (const frame of frames) if (frame.keyed) this.#remember(frame.id)
      if (segment.bytes >= this.#options.segmentBytes) await this.#seal()
    })
  }

  /** The oldest frames that are not acknowledged, at least one if there is any; payloads are views. */
  peek(limits: { readonly frames: number; readonly bytes: number }): Promise<ReadonlyArray<SpoolRecord>> {
    return this.#mutex.run(async () => {
      while (this.#loaded.length === 0 && this.#segments.length > 0) {
        if (await this.#load()) continue
        if (this.#segments.length === 1) {
          await this.#finish()
          break
        }
        await this.#removeFirst()
      }
      let bytes = 0
      let count = 0
      for (const { payload } of this.#loaded) {
        if (count > 0 && (count >= limits.frames || bytes + payload.length > limits.bytes)) break
        bytes += payload.length
        count++
      }
      const lent = this.#loaded.slice(0, count)
      this.#lentBelow = (lent[count - 1]?.number ?? 0) + 1
      return lent
    })
  }

  /** Says that these records are about to be sent, or may have been. */
  attempting(records: ReadonlyArray<SpoolRecord>): void {
    for (const { number } of records) this.#doubtfulBelow = Math.max(this.#doubtfulBelow, number + 1)
  }

  /** Forgets all frames up to `last`: they lie in the raw stream, up to `sequence`. Resolves when that is durable. */
  sent(last: SpoolRecord, sequence: number): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#cursor.move({ next: last.number + 1, sequence: Math.max(sequence, this.sequence) })
      this.#loaded = this.#loaded.filter(({ number }) => number > last.number)
      this.#readNumber = Math.max(this.#readNumber, last.number)
      if (this.isEmpty) await this.#finish()
      else while ((this.#segments[1]?.first ?? Number.POSITIVE_INFINITY) <= last.number + 1) await this.#removeFirst()
    })
  }

  /** Drops the oldest frames that may be dropped, a segment's at once; false when there is none. */
  dropOldest(): Promise<boolean> {
    return this.#mutex.run(async () => {
      for (const [i, segment] of this.#segments.entries()) {
        if (segment.thinned) continue
        if (i === this.#segments.length - 1 && this.#active !== undefined) await this.#seal()
        const from = Math.max(this.#doubtfulBelow, this.#lentBelow, this.#cursor.state.next)
        const dropped = await thinSegment(segment, from, (damage, bytes) => this.#setAside(segment, damage, bytes))
        if (dropped === undefined) continue
        await syncFolder(this.#options.folder)
        if (i === 0) {
          this.#loaded = []
          this.#readBytes = 0
          this.#readNumber = this.#cursor.state.next - 1
        }
        for (const [component, records] of dropped) this.#watcher.dropped(component, records)
        return true
      }
      return false
    })
  }

  /** Keeps a frame that the broker will never take beside the spool. */
  async keepRefused(record: SpoolRecord, reason: string): Promise<void> {
    const path = await keepBytes(this.#options.folder, `${record.id}.refused`, record.payload)
    this.#watcher.damaged(record.payload.length, 1)
    this.#watcher.warn(`a frame for ${record.subject} is never taken, kept as ${path}: ${reason}`)
  }

  close(): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#closed) return
      this.#closed = true
      await this.#seal()
      await this.#cursor.close()
    })
  }

  async #begin(): Promise<FileHandle> {
    const first = this.#given + 1
    const path = segmentPath(this.#options.folder, first)
    const handle = await open(path, "wx", 0o600)
    await syncFolder(this.#options.folder)
    this.#segments.push({ first, path, bytes: 0, thinned: false })
    this.#active = handle
    return handle
  }

  async #seal(): Promise<void> {
    const handle = this.#active
    this.#active = undefined
    await handle?.close()
  }

  /** Reads on in the first segment; false when it has nothing more. */
  async #load(): Promise<boolean> {
    const segment = this.#segments[0] as Segment
    if (this.#readBytes >= segment.bytes) return false
    const from = this.#readBytes
    const bytes = await readFrom(segment, from)
    const { damages, end, records } = readSegment(segment.first, bytes)
    const all = end < bytes.length ? [...damages, { from: end, to: bytes.length }] : damages
    for (const { from: start, to } of all) {
      await this.#setAside(segment, { from: from + start, to: from + to }, bytes.subarray(start, to))
    }
    this.#readBytes = segment.bytes
    for (const record of records) {
      if (record.number <= this.#readNumber) continue
      this.#missing(record.previous - this.#readNumber)
      this.#readNumber = record.number
      this.#loaded.push(record)
    }
    return true
  }

  #missing(count: number): void {
    if (count <= 0) return
    this.#watcher.damaged(0, count)
    this.#watcher.warn(
      `${count} frames of the spool in ${this.#options.folder} are missing before frame ${this.#readNumber + count + 1}`
    )
  }

  async #setAside(segment: Segment, damage: Damage, bytes: Uint8Array) {
    await keepDamage(this.#options.folder, segment, damage, bytes, this.#watcher)
  }

  async #removeFirst(): Promise<void> {
    const segment = this.#segments.shift()
    this.#readBytes = 0
    if (segment !== undefined) await rm(segment.path, { force: true })
  }

  /** Everything is sent or lost: the files go. */
  async #finish(): Promise<void> {
    this.#missing(this.#last - Math.max(this.#readNumber, this.#cursor.state.next - 1))
    await this.#seal()
    if (!this.isEmpty) await this.#cursor.move({ next: this.#last + 1, sequence: this.sequence })
    this.#readNumber = this.#last
    while (this.#segments.length > 0) await this.#removeFirst()
  }

  #remember(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size > rememberedIds) this.#ids.delete(this.#ids.values().next().value as string)
  }
}
