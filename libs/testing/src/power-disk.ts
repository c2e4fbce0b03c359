// Power disk: a folder on a file system of its own (ext4 in a file) that loses what was not synced when its power is cut.
import { spawnSync } from "node:child_process"
import { chmodSync, closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** More than the streams may hold, which the broker sets apart; the file holds only what is written. */
const megabytes = 24_576

/** EXT4_IOC_SHUTDOWN without flushing the journal (2): from then on nothing reaches the disk, and mounting replays what had. */
const shutdown = `open(my $f, "<", $ARGV[0]) or die "$!"; my $how = pack("L", 2); ioctl($f, 0x8004587d, $how) or die "$!"`

const run = (command: string, ...args: ReadonlyArray<string>): string | undefined => {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" })
  if (status === 0) return undefined
  return `${command} ${args.at(-1)}: ${error?.message ?? stderr.trim()}`
}

const must = (problem: string | undefined): void => {
  if (problem !== undefined) throw new Error(problem)
}

export class PowerDisk {
  private readonly folder: string
  private readonly image: string

  /** Makes the folder, on a disk of its own. */
  constructor(folder: string) {
    this.folder = folder
    this.image = `${folder}.img`
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = openSync(this.image, "w", 0o600)
    ftruncateSync(file, megabytes * 1_048_576)
    closeSync(file)
    must(run("mkfs.ext4", "-q", "-F", "-J", "size=64", this.image))
    this.mount()
    rmdirSync(join(folder, "lost+found"))
    chmodSync(folder, 0o700)
    must(run("sync", "-f", folder))
  }

  /** Whatever was not synced is gone; reads and writes fail until `restore`. */
  cut(): void {
    must(run("perl", "-e", shutdown, this.folder))
  }

  /** The folder as the failure has left it; nobody may hold a file in it any more. */
  restore(): void {
    must(run("umount", this.folder))
    this.mount()
  }

  remove(): void {
    run("umount", "-l", this.folder)
    rmSync(this.image, { force: true })
  }

  private mount(): void {
    must(run("mount", "-o", "loop", this.image, this.folder))
  }
}

/** Why no such disk can be had here; undefined when one can. */
export const noPowerDisk = (): string | undefined => {
  if (process.getuid?.() !== 0) return "a disk whose power can be cut takes root"
  const folder = mkdtempSync(join(tmpdir(), "tailrace-power-"))
  let disk: PowerDisk | undefined
  try {
    disk = new PowerDisk(join(folder, "disk"))
    disk.cut()
    disk.restore()
    return undefined
  } catch (cause) {
    return `a disk whose power can be cut cannot be had here (${cause instanceof Error ? cause.message : String(cause)})`
  } finally {
    disk?.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
