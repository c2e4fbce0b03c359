// Runtime folder of a front: in shared memory where there is some, for spooled bodies, result pipes and engine config.
import { accessSync, constants, mkdtempSync, readdirSync, rmdirSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FrontOptions } from "@tailrace/store/front/options"
import { frontFolder } from "@tailrace/store/write/given-body"

const prefix = "tailrace-front-"

/** Makes a folder only this user can enter, and removes those whose process is gone. */
export const makeRuntimeFolder = (options: FrontOptions): string => {
  const parent = options.spoolDir ?? roomyMemory(options.spoolBytes)
  for (const name of readdirSync(parent)) {
    const pid = frontFolder.exec(name)?.[1]
    if (pid !== undefined && isOver(Number(pid))) removeFolder(join(parent, name))
  }
  return mkdtempSync(join(parent, `${prefix}${process.pid}-`))
}

/** A number like this process' own is one it was given again, as in a container that was started again. */
const isOver = (pid: number): boolean => pid === process.pid || !isAlive(pid)

export const removeFolder = (folder: string): void => {
  try {
    // Piece by piece: a confined process may not list the folder around it, as removing it with all it holds would.
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
    rmdirSync(folder)
  } catch {
    // Another user's, or gone in between: not ours to remove.
  }
}

/** Containers often have 64 MB of shared memory, too little to hold what the spool may hold. */
const roomyMemory = (bytes: number): string => {
  try {
    accessSync("/dev/shm", constants.W_OK)
    const { bavail, bsize } = statfsSync("/dev/shm")
    return bavail * bsize >= bytes ? "/dev/shm" : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Whether a process of that number runs, ours or not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
