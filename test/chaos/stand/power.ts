// Power: one machine with some of its folders on disks that lose what was not synced, and the failure that cuts their power.
import { join } from "node:path"
import { PowerDisk } from "@tailrace/testing/power-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { type OneMachine, type OneMachineOptions, oneMachine } from "./one-machine.ts"

export interface Powered extends OneMachine {
  /**
   * Stops every process, cuts the power of the disks, ends the processes, and gives `between` the machine as that left it
   * before all of it starts again.
   */
  readonly failPower: (between?: () => void | Promise<void>) => Promise<void>
}

/** `folders`: those on such disks, within the machine's own. */
export const powered = async (
  folders: ReadonlyArray<string>,
  options: Pick<OneMachineOptions, "followed" | "partitions" | "placement"> = {}
): Promise<Powered> => {
  const disks: Array<PowerDisk> = []
  const removeDisks = (): void => {
    for (const disk of disks.splice(0)) disk.remove()
  }
  const prepare = (folder: string): void => {
    for (const one of folders) disks.push(new PowerDisk(join(folder, one)))
  }
  const machine = await oneMachine({ ...options, prepare }).catch((cause: unknown) => {
    removeDisks()
    throw cause
  })
  let off = false
  const failPower = async (between: () => void | Promise<void> = () => undefined): Promise<void> => {
    const pids = Object.values(machine.pids())
    // First all stand still, so that nobody acknowledges anything by what is lost a moment later.
    for (const pid of pids) signal(pid, "SIGSTOP")
    off = true
    for (const disk of disks) disk.cut()
    const ended = machine.instance.kill()
    for (const pid of pids) signal(pid, "SIGKILL")
    await ended
    await waitFor(
      () => restored(disks),
      (problem) => problem === undefined,
      { what: "the end of whoever holds a file" }
    )
    await between()
    off = false
    await machine.instance.up()
  }
  const remove = async (): Promise<void> => {
    await machine.instance.down()
    const { broker } = machine.pids()
    if (broker !== undefined) signal(broker, "SIGKILL")
    removeDisks()
    await machine.remove()
  }
  // While the power is gone the files that name processes cannot be read.
  const pids = (): ReturnType<OneMachine["pids"]> => (off ? {} : machine.pids())
  return { ...machine, pids, failPower, remove }
}

const signal = (pid: number, name: "SIGSTOP" | "SIGKILL"): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone.
  }
}

/** The disks that are not restored yet, one after another, until one is still held. */
const restoredDisks = new WeakSet<PowerDisk>()
const restored = (disks: ReadonlyArray<PowerDisk>): unknown => {
  try {
    for (const disk of disks) {
      if (restoredDisks.has(disk)) continue
      disk.restore()
      restoredDisks.add(disk)
    }
    for (const disk of disks) restoredDisks.delete(disk)
    return undefined
  } catch (cause) {
    return cause
  }
}
