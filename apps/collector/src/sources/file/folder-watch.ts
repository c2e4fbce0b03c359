// FolderWatch: the operating system's notifications for folders; a hint that comes early, never the only way to notice.
import { type FSWatcher, watch } from "node:fs"
import { join } from "node:path"

/** Folders watched at most; further ones are looked at by polling. */
const maxFolders = 256

export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #noticed: (path: string, renamed: boolean) => void

  /** `noticed` is told the path of what changed, or appeared or vanished (`renamed`). */
  constructor(noticed: (path: string, renamed: boolean) => void) {
    this.#noticed = noticed
  }

  add(folder: string): void {
    if (this.#watchers.has(folder) || this.#watchers.size >= maxFolders) return
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        this.#noticed(name === null ? folder : join(folder, name), event === "rename" || name === null)
      })
      watcher.on("error", () => this.#remove(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // No such folder yet, or no watches left: the poll finds what is in it.
    }
  }

  close(): void {
    for (const folder of [...this.#watchers.keys()]) this.#remove(folder)
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}
