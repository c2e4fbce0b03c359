// Model disk: node:fs/promises over a folder that loses what was not synced, in any combination, when its power is cut.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import type * as promises from "node:fs/promises"
import { dirname, join } from "node:path"

type FileSystem = typeof promises
type FileHandle = promises.FileHandle

interface Written {
  readonly at: number
  readonly bytes: Buffer
}

/** A change of a file's bytes, not yet synced: bytes at a place, or a new length. */
type Change = Written | { readonly length: number }

type WriteAt = (bytes: Buffer, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>

interface Inode {
  /** What is on the disk for sure. */
  synced: Buffer
  changes: Array<Change>
}

/** Names that point to other files, or to none, from some moment on; together, as a rename is. */
type Renaming = ReadonlyMap<string, Inode | undefined>

/** A write reaches the disk by sectors. */
const sectorBytes = 512

const changed = (content: Buffer, change: Change): Buffer => {
  const length = "length" in change ? change.length : Math.max(content.length, change.at + change.bytes.length)
  const next = Buffer.alloc(length)
  content.copy(next)
  if ("bytes" in change) change.bytes.copy(next, change.at)
  return next
}

export class ModelDisk {
  /** A mistake: a sync that does nothing. */
  ignoresSyncs = false
  private readonly folder: string
  private readonly random: () => number
  private names = new Map<string, Inode>()
  /** Names as they are on the disk for sure, and what has happened to them since, in order. */
  private syncedNames = new Map<string, Inode>()
  private renamings: Array<Renaming> = []
  private readonly open = new Set<FileHandle>()
  private cut = false
  private left = Number.POSITIVE_INFINITY

  /** A folder without folders in it; made anew. */
  constructor(folder: string, random: () => number) {
    this.folder = folder
    this.random = random
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.begin()
  }

  /** Whether the power is cut: then everything fails. */
  get isCut(): boolean {
    return this.cut
  }

  /** Cuts the power at the change or sync with this number from now on, counted from 1: of it too, any part may be there. */
  cutAt(number: number): void {
    this.left = number
  }

  /** Cuts the power, and leaves the folder as somebody finds it who starts again. */
  async restart(): Promise<void> {
    this.cut = true
    await Promise.all([...this.open].map((handle) => handle.close()))
    const kept = this.renamings.slice(
      0,
      this.random() < 0.3 ? this.renamings.length : this.below(this.renamings.length)
    )
    for (const renaming of kept) for (const [path, inode] of renaming) setOrDelete(this.syncedNames, path, inode)
    for (const name of readdirSync(this.folder)) rmSync(join(this.folder, name), { recursive: true, force: true })
    for (const [path, inode] of this.syncedNames) writeFileSync(path, this.contentAfter(inode), { mode: 0o600 })
    this.cut = false
    this.left = Number.POSITIVE_INFINITY
    this.begin()
  }

  /** The functions of a file system, which see this disk where a path lies in its folder. */
  over(real: FileSystem): Partial<FileSystem> {
    const isMine = (path: unknown): path is string => typeof path === "string" && dirname(path) === this.folder
    return {
      open: async (path, flags, mode) => {
        if (path === this.folder) return this.folderHandle(await real.open(path, flags, mode))
        if (!isMine(path)) return real.open(path, flags, mode)
        return this.fileHandle(path, String(flags ?? "r"), await this.reading(() => real.open(path, flags, mode)))
      },
      rename: async (from, to) => {
        if (!isMine(from) || !isMine(to)) return real.rename(from, to)
        const inode = this.names.get(from)
        this.rename(new Map([...[[to, inode] as const], ...[[from, undefined] as const]]))
        await real.rename(from, to)
      },
      rm: async (path, options) => {
        if (isMine(path) && this.names.has(path)) this.rename(new Map([[path, undefined]]))
        await real.rm(path, options)
      },
      truncate: async (path, length = 0) => {
        if (isMine(path)) this.change(this.names.get(path) as Inode, { length })
        await real.truncate(path, length)
      },
      writeFile: async (path, data, options) => {
        if (isMine(path)) {
          const inode = this.create(path)
          this.change(inode, { length: 0 })
          this.change(inode, { at: 0, bytes: Buffer.from(data as string) })
        }
        await real.writeFile(path, data, options)
      }
    }
  }

  private begin(): void {
    const files = readdirSync(this.folder).filter((name) => statSync(join(this.folder, name)).isFile())
    const inodeOf = (path: string): Inode => ({ synced: readFileSync(path), changes: [] })
    this.names = new Map(files.map((name) => [join(this.folder, name), inodeOf(join(this.folder, name))]))
    this.syncedNames = new Map(this.names)
    this.renamings = []
  }

  /** What is left of a file: of each change all, nothing, or some sectors. */
  private contentAfter({ changes, synced }: Inode): Buffer {
    let content = synced
    const all = this.random() < 0.2
    for (const change of changes) {
      if (!all && this.random() < 0.4) continue
      if ("length" in change || all || this.random() < 0.5) content = changed(content, change)
      else for (const part of this.sectorsOf(change)) content = changed(content, part)
    }
    return content
  }

  private sectorsOf({ at, bytes }: Written): ReadonlyArray<Change> {
    const parts: Array<Change> = []
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes))
      if (this.random() < 0.5) parts.push({ at: at + from, bytes: bytes.subarray(from, to) })
      from = to
    }
    return parts
  }

  private below(count: number): number {
    return Math.floor(this.random() * (count + 1))
  }

  private async reading<A>(read: () => Promise<A>): Promise<A> {
    this.fails()
    return read()
  }

  private fails(): void {
    if (this.cut) throw new Error("the disk has no power")
  }

  /** Something that changes the disk: after `happen` the power may be cut. */
  private step(happen: () => void): void {
    this.fails()
    happen()
    this.cut = --this.left <= 0
    this.fails()
  }

  private change(inode: Inode, change: Change): void {
    this.step(() => inode.changes.push(change))
  }

  private rename(renaming: Renaming): void {
    this.step(() => {
      for (const [path, inode] of renaming) setOrDelete(this.names, path, inode)
      this.renamings.push(renaming)
    })
  }

  private create(path: string): Inode {
    const known = this.names.get(path)
    if (known !== undefined) return known
    const inode: Inode = { synced: Buffer.alloc(0), changes: [] }
    this.rename(new Map([[path, inode]]))
    return inode
  }

  private sync(happen: () => void): void {
    this.fails()
    if (--this.left <= 0) this.cut = true
    this.fails()
    if (!this.ignoresSyncs) happen()
  }

  private folderHandle(handle: FileHandle): FileHandle {
    const sync = async () =>
      this.sync(() => {
        for (const renaming of this.renamings)
          for (const [path, inode] of renaming) setOrDelete(this.syncedNames, path, inode)
        this.renamings = []
      })
    return Object.assign(handle, { sync, datasync: sync })
  }

  private fileHandle(path: string, flags: string, handle: FileHandle): FileHandle {
    this.open.add(handle)
    const inode = this.create(path)
    if (flags.startsWith("w") && !flags.includes("x")) this.change(inode, { length: 0 })
    const { appendFile, close, read, truncate, writeFile } = handle
    const write = handle.write.bind(handle) as WriteAt
    const end = () => inode.changes.reduce((length, change) => lengthAfter(length, change), inode.synced.length)
    const sync = async () =>
      this.sync(() => {
        inode.synced = inode.changes.reduce(changed, inode.synced)
        inode.changes = []
      })
    const append = async (data: string | Uint8Array) => {
      this.change(inode, { at: end(), bytes: Buffer.from(data as string) })
      await appendFile.call(handle, data)
    }
    const reading = async (...given: Parameters<typeof read>) => {
      this.fails()
      return read.apply(handle, given)
    }
    return Object.assign(handle, {
      sync,
      datasync: sync,
      read: reading,
      close: () => {
        this.open.delete(handle)
        return close.call(handle)
      },
      appendFile: append,
      truncate: async (length = 0) => {
        this.change(inode, { length })
        await truncate.call(handle, length)
      },
      write: async (bytes: Buffer, offset: number, length: number, position: number) => {
        this.change(inode, { at: position, bytes: Buffer.from(bytes.subarray(offset, offset + length)) })
        return write(bytes, offset, length, position)
      },
      writeFile: async (data: string | Uint8Array) => {
        this.change(inode, { at: end(), bytes: Buffer.from(data as string) })
        await writeFile.call(handle, data)
      }
    }) as FileHandle
  }
}

const lengthAfter = (length: number, change: Change): number =>
  "length" in change ? change.length : Math.max(length, change.at + change.bytes.length)

const setOrDelete = (names: Map<string, Inode>, path: string, inode: Inode | undefined): void => {
  if (inode === undefined) names.delete(path)
  else names.set(path, inode)
}

/** The disk whose folder a path lies in; tests put theirs here before anything opens it. */
export const modelDisks = new Map<string, ModelDisk>()

/** A file system with all model disks in it, to stand in for `node:fs/promises`. */
export const withModelDisks = (real: FileSystem): FileSystem => {
  const diskOf = (path: unknown): ModelDisk | undefined =>
    typeof path === "string" ? (modelDisks.get(dirname(path)) ?? modelDisks.get(path)) : undefined
  const own = Object.fromEntries(
    (["open", "rename", "rm", "truncate", "writeFile"] as const).map((name) => [
      name,
      (path: string, ...rest: ReadonlyArray<unknown>) => {
        const functions = diskOf(path)?.over(real) ?? real
        return (functions[name] as (...given: ReadonlyArray<unknown>) => unknown)(path, ...rest)
      }
    ])
  )
  return { ...real, ...own }
}
