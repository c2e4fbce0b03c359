// Small disk: a folder on a disk of its own size (tmpfs), to be filled up and emptied; where this user may mount one.
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const mount = (folder: string, megabytes: number): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "tmpfs", folder]).status === 0

const unmount = (folder: string): boolean => spawnSync("umount", ["-l", folder]).status === 0

/** Why no small disk can be had here; undefined when one can. */
export const noSmallDisk: string | undefined = (() => {
  if (process.getuid?.() !== 0) return "mounting a small disk takes root"
  const folder = mkdtempSync(join(tmpdir(), "tailrace-mount-"))
  const mounted = mount(folder, 1) && unmount(folder)
  rmSync(folder, { recursive: true, force: true })
  return mounted ? undefined : "a small disk cannot be mounted here"
})()

export class SmallDisk {
  private readonly folder: string
  private readonly filler: string

  /** Puts a disk of that size under an empty folder. */
  constructor(folder: string, megabytes: number) {
    this.folder = folder
    this.filler = join(folder, "filler")
    if (!mount(folder, megabytes)) throw new Error(`cannot mount a small disk at ${folder}`)
  }

  /** Leaves at most so many bytes free. */
  fill(free: number): void {
    const file = openSync(this.filler, "a")
    const block = Buffer.alloc(1_048_576)
    try {
      for (;;) {
        const { bavail, bsize } = statfsSync(this.folder)
        const room = bavail * bsize - free
        if (room <= 0) return
        writeSync(file, block, 0, Math.min(room, block.length))
      }
    } catch (cause) {
      // Full is what was wanted.
      if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") throw cause
    } finally {
      closeSync(file)
    }
  }

  empty(): void {
    rmSync(this.filler, { force: true })
  }

  remove(): void {
    unmount(this.folder)
  }
}
