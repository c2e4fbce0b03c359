// FileSet: the files that match, found by looking and by notifications, each read on by a tracked file.
import { randomUUID } from "node:crypto"
import { rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { makeOrigin } from "../../frames/origin.ts"
import { joinRuleOf } from "../../framing/multiline/multiline-config.ts"
import { messageOf } from "../../refusal.ts"
import type { SourceContext } from "../../source.ts"
import { type Checkpoint, nothing } from "./checkpoint.ts"
import { CheckpointLog } from "./checkpoint-log.ts"
import type { FileConfig } from "./file-config.ts"
import { FolderWatch } from "./folder-watch.ts"
import { LinkNotes } from "./link-notes.ts"
import type { LiveFile } from "./live-file.ts"
import { baseOf, matchingFiles, movedFiles, type Seen, seenAs } from "./matching-files.ts"
import { isAbsent, keyOf, withFile } from "./open-file.ts"
import { ReadQueue } from "./read-queue.ts"
import { indexOf } from "./recognise.ts"
import { resume } from "./resume.ts"
import { rotatedAway } from "./rotated-away.ts"
import { sourceNameOf } from "./source-name.ts"
import { TrackedFile, type TrackedOptions, type Turn } from "./tracked-file.ts"
import { isGzip, unpack } from "./unpack.ts"

/** Handles kept open; beyond it a file is closed when it has been read to its end. */
const maxHandles = 512

export class FileSet {
  readonly #entries: ReadonlyArray<FileConfig>
  readonly #context: SourceContext
  readonly #log: CheckpointLog
  /** By `device:inode`. */
  readonly #live = new Map<string, LiveFile>()
  readonly #byPath = new Map<string, LiveFile>()
  /** Gzip files by key: the version that was read, cannot be read, or is looked at once more before it is. */
  readonly #packed = new Map<string, { readonly version: string; readonly done: boolean }>()
  readonly #queue: ReadQueue<LiveFile>
  readonly #watch: FolderWatch
  readonly #links: LinkNotes
  readonly #running: Promise<void>
  /** When the last look began, milliseconds since 1970. */
  #lookedAt = 0
  /** Whether this is the first look of this life, and whether the folder of checkpoints was new then. */
  #firstLook = true
  readonly #firstEver: boolean
  #stopping = false
  #wake: (() => void) | undefined

  /** Opens the checkpoints of the context's folder and looks once. Fails when the folder cannot be written. */
  static async open(entries: ReadonlyArray<FileConfig>, context: SourceContext): Promise<FileSet> {
    const log = await CheckpointLog.open(context.folder, context.now, context.warn)
    return await new Promise((resolve) => {
      const files: FileSet = new FileSet(entries, context, log, () => resolve(files))
    })
  }

  private constructor(
    entries: ReadonlyArray<FileConfig>,
    context: SourceContext,
    log: CheckpointLog,
    looked: () => void
  ) {
    this.#entries = entries
    this.#context = context
    this.#log = log
    this.#firstEver = !log.existed
    this.#links = new LinkNotes(context.warn)
    this.#queue = new ReadQueue(
      (live, turn) => this.#settled(live, turn),
      (live, cause) => this.#complain(live, cause)
    )
    this.#watch = new FolderWatch((path, renamed) => {
      const live = this.#byPath.get(path)
      if (live !== undefined) this.#queue.add(live)
      if (renamed || live === undefined) this.#wake?.()
    })
    this.#running = this.#run(looked)
  }

  /** Finishes what is being published and closes everything. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake?.()
    this.#watch.close()
    await Promise.all([this.#running, this.#queue.stop()])
    for (const { file } of this.#live.values()) await file.close()
    await this.#log.close()
  }

  async #run(looked: () => void): Promise<void> {
    const pollMillis = Math.min(...this.#entries.map((entry) => entry.pollMillis))
    while (!this.#stopping) {
      const started = performance.now()
      await this.#look().catch((cause) => this.#context.warn(`cannot look for files: ${messageOf(cause)}`))
      looked()
      const took = performance.now() - started
      // Notifications shorten the wait, but looking never takes more than a tenth of the time.
      await this.#pause(Math.max(20, took * 10))
      if (!this.#stopping) await this.#pause(Math.max(pollMillis, took * 10), true)
    }
  }

  #woken = false
  #pause(millis: number, wakeable = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), millis)
      const end = () => {
        clearTimeout(timer)
        // What was noticed during a look or the pause behind it still counts at the next one.
        if (wakeable) this.#woken = false
        this.#wake = () => {
          this.#woken = true
        }
        resolve()
      }
      this.#wake = () => {
        if (wakeable || this.#stopping) end()
        else this.#woken = true
      }
      if (wakeable && this.#woken) end()
    })
  }

  async #look(): Promise<void> {
    const seen = new Map<string, Seen>()
    const since = this.#lookedAt
    this.#lookedAt = this.#context.now()
    for (const entry of this.#entries) {
      this.#watch.add(baseOf(entry.path))
      const appeared: Array<string> = []
      for await (const { path, stats } of matchingFiles(entry.path, this.#links.skipped)) {
        const one = seenAs(entry, path, stats)
        if (seen.has(one.key)) continue
        seen.set(one.key, one)
        if (!this.#live.has(one.key)) appeared.push(path)
      }
      // A file that appeared may have predecessors that came and went since the last look.
      for (const { path, stats } of this.#firstLook ? [] : await rotatedAway(appeared, since)) {
        const one = seenAs(entry, path, stats)
        if (!seen.has(one.key) && !this.#live.has(one.key)) seen.set(one.key, one)
      }
    }
    await this.#links.look(this.#entries, this.#lookedAt)
    if (this.#firstLook)
      for (const one of await movedFiles(this.#log.checkpoints.values(), seen, this.#entries)) seen.set(one.key, one)
    this.#byPath.clear()
    for (const [key, live] of this.#live) this.#lookAt(live, seen.get(key))
    const fresh = [...seen.values()].filter(({ key }) => !this.#live.has(key))
    if (fresh.length > 0) await this.#beginAll(fresh)
    this.#firstLook = false
  }

  async #beginAll(fresh: Array<Seen>): Promise<void> {
    // Known files first: a copy of one is told from a new file only when that one is being read.
    const known = new Set([...this.#log.checkpoints.values()].map(({ key }) => key))
    fresh.sort((a, b) => Number(known.has(b.key)) - Number(known.has(a.key)))
    const candidates = indexOf(this.#log.checkpoints.values())
    for (const one of fresh) {
      if (this.#stopping) return
      await this.#begin(one, candidates(one.path, one.key)).catch((cause) => {
        if (!isAbsent(cause)) this.#context.warn(`cannot read ${one.path}: ${messageOf(cause)}`)
      })
    }
  }

  #lookAt(live: LiveFile, seen: Seen | undefined): void {
    if (live.packedSize !== undefined) {
      this.#queue.add(live)
      return
    }
    live.file.detached = seen === undefined
    if (seen !== undefined) {
      live.file.path = seen.path
      this.#byPath.set(seen.path, live)
      this.#watch.add(dirname(seen.path))
    }
    if (seen?.version === live.version && !live.file.waiting) return
    live.version = seen?.version ?? ""
    this.#queue.add(live)
  }

  async #begin(seen: Seen, candidates: Iterable<Checkpoint>): Promise<void> {
    if (await isGzip(seen.path, seen.key)) return this.#beginPacked(seen, candidates)
    const skip = this.#firstEver && this.#firstLook && seen.entry.start === "end"
    const checkpoint = await this.#checkpointOf(seen, seen, candidates, skip)
    if (checkpoint !== "later")
      this.#track(seen, new TrackedFile(checkpoint, seen.path, this.#optionsOf(seen, checkpoint)))
  }

  /** A gzip file is unpacked once two looks saw it the same, so that one being written is not read half. */
  async #beginPacked(seen: Seen, candidates: Iterable<Checkpoint>): Promise<void> {
    const context = this.#context
    const { entry } = seen
    const before = this.#packed.get(seen.key)
    if (before?.version === seen.version && before.done) return
    for (const one of candidates) if (one.key === seen.key && one.whole === seen.size) return
    this.#packed.set(seen.key, { version: seen.version, done: before?.version === seen.version })
    if (this.#firstEver && this.#firstLook && entry.start === "end") {
      const { key, path, size } = seen
      const skipped = { id: randomUUID(), path, key, head: nothing, offset: 0, mark: nothing, whole: size }
      return this.#log.save(skipped)
    }
    if (before?.version !== seen.version) return this.#wake?.()
    const target = join(context.folder, `unpacked-${seen.key.replace(":", "-")}`)
    const problem = await unpack(seen.path, seen.key, target, entry.maxUnpackedBytes)
    if (problem !== undefined)
      return context.warn(`cannot unpack ${seen.path}: ${problem}; it is tried again when it changes`)
    const stats = await stat(target, { bigint: true })
    const unpacked = { path: target, key: keyOf(stats), size: Number(stats.size) }
    const checkpoint = await this.#checkpointOf(seen, unpacked, candidates, false)
    if (checkpoint === "later") {
      this.#packed.delete(seen.key)
      return rm(target, { force: true })
    }
    const options = { ...this.#optionsOf(seen, checkpoint), rotatedMillis: 0 }
    const file = new TrackedFile(checkpoint, target, options, keyOf(stats))
    file.detached = true
    this.#track(seen, file, seen.size)
  }

  /** `content`: the file itself, or what it was unpacked to. */
  async #checkpointOf(
    { key, path }: Seen,
    content: { readonly path: string; readonly key: string; readonly size: number },
    candidates: Iterable<Checkpoint>,
    skip: boolean
  ): Promise<Checkpoint | "later"> {
    const { now, warn } = this.#context
    const isLive = (one: Checkpoint) => this.#live.get(one.key)?.file.checkpoint.id === one.id
    const world = { log: this.#log, now, warn, isLive, skip }
    const { size } = content
    const read = await withFile(content.path, content.key, (read) =>
      resume({ path, key, size, read }, candidates, world)
    )
    return read ?? "later"
  }

  #optionsOf({ entry }: Seen, { path }: Checkpoint): TrackedOptions {
    const tenant = entry.tenant ?? this.#context.tenant
    const source = entry.source ?? sourceNameOf(path)
    const rule = joinRuleOf(entry.multiline)
    const layout = rule === undefined ? "lines" : "prefixed"
    const fixed = { component: this.#context.name, patient: true, admission: entry } as const
    const more = { tenant, source, codec: entry.codec, layout, ...fixed } as const
    return {
      ...entry,
      rule,
      context: this.#context,
      log: this.#log,
      originOf: (attributes) => makeOrigin({ ...more, attributes: { "log.file.path": path, ...attributes } })
    }
  }

  #track(seen: Seen, file: TrackedFile, packedSize?: number): void {
    const turn = async (): Promise<Turn> => {
      if (live.ended) return "ended"
      await this.#context.intake.room(seen.entry.whenFull)
      return file.turn()
    }
    const live: LiveFile = { file, turn, version: seen.version, packedSize, complaint: "", ended: false }
    this.#live.set(seen.key, live)
    if (packedSize === undefined) {
      this.#byPath.set(seen.path, live)
      this.#watch.add(dirname(seen.path))
    }
    this.#queue.add(live)
  }

  async #settled(live: LiveFile, turn: Turn): Promise<void> {
    const { file, packedSize } = live
    live.complaint = ""
    if (turn === "idle" && this.#live.size > maxHandles) await file.close()
    if (turn !== "ended" || live.ended) return
    live.ended = true
    await file.close()
    const { key } = file.checkpoint
    const end = packedSize === undefined ? { goneAt: this.#context.now() } : { whole: packedSize }
    await this.#log.save({ ...file.checkpoint, ...end })
    if (packedSize !== undefined) {
      this.#packed.set(key, { version: live.version, done: true })
      await rm(file.path, { force: true })
    }
    this.#live.delete(key)
  }

  #complain(live: LiveFile, cause: unknown): void {
    live.file.waiting = true
    const complaint = messageOf(cause)
    if (complaint !== live.complaint)
      this.#context.warn(`cannot read on in ${live.file.path}: ${complaint}; trying again`)
    live.complaint = complaint
  }
}
