// Power: a stand with some of its folders on disks that lose what was not synced, and the failure that cuts their power.
import { join } from "node:path"
import { PowerDisk } from "@tailrace/testing/power-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { type OneMachine, type OneMachineOptions, oneMachine } from "./one-machine.ts"
import { type Pair, startPair } from "./pair.ts"
import type { Service } from "./service.ts"
import type { ServicesOptions } from "./services.ts"

/** The disks of a machine, which lose their power together. */
class Disks {
  private readonly disks: Array<PowerDisk> = []
  private readonly restored = new WeakSet<PowerDisk>()

  /** On any failure no disk stays. */
  add(folders: ReadonlyArray<string>): void {
    try {
      for (const folder of folders) this.disks.push(new PowerDisk(folder))
    } catch (cause) {
      this.remove()
      throw cause
    }
  }

  /** Stops the processes, cuts the power, ends them (`end` those that somebody waits for), and gives the disks their power again. */
  async fail(pids: ReadonlyArray<number>, end: () => Promise<unknown>): Promise<void> {
    // First all stand still, so that nobody acknowledges anything by what is lost a moment later.
    for (const pid of pids) signal(pid, "SIGSTOP")
    for (const disk of this.disks) disk.cut()
    for (const pid of pids) signal(pid, "SIGKILL")
    await end()
    await waitFor(
      () => this.restore(),
      (problem) => problem === undefined,
      { what: "the end of whoever holds a file" }
    )
  }

  remove(): void {
    for (const disk of this.disks.splice(0)) disk.remove()
  }

  /** One after another, until one is still held: answers why. */
  private restore(): unknown {
    try {
      for (const disk of this.disks) {
        if (this.restored.has(disk)) continue
        disk.restore()
        this.restored.add(disk)
      }
      for (const disk of this.disks) this.restored.delete(disk)
      return undefined
    } catch (cause) {
      return cause
    }
  }
}

const signal = (pid: number, name: "SIGSTOP" | "SIGKILL"): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone.
  }
}

/** Milliseconds that it took. */
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

export interface Powered extends OneMachine {
  /**
   * Stops every process, cuts the power of the disks, ends the processes, gives `between` the machine as that left it, and
   * starts all of it again. Answers the milliseconds from there until everything is ready.
   */
  readonly failPower: (between?: () => void | Promise<void>) => Promise<number>
}

/** `folders`: those on such disks, within the machine's own. */
export const powered = async (
  folders: ReadonlyArray<string>,
  options: Pick<OneMachineOptions, "durability" | "followed" | "partitions" | "placement"> = {}
): Promise<Powered> => {
  const disks = new Disks()
  const prepare = (folder: string): void => disks.add(folders.map((one) => join(folder, one)))
  const machine = await oneMachine({ ...options, prepare }).catch((cause: unknown) => {
    disks.remove()
    throw cause
  })
  let off = false
  const failPower = async (between: () => void | Promise<void> = () => undefined): Promise<number> => {
    const pids = Object.values(machine.pids())
    off = true
    await disks.fail(pids, () => machine.instance.kill())
    await between()
    off = false
    return timed(() => machine.instance.up())
  }
  const remove = async (): Promise<void> => {
    await machine.instance.down()
    const { broker } = machine.pids()
    if (broker !== undefined) signal(broker, "SIGKILL")
    disks.remove()
    await machine.remove()
  }
  // While the power is gone the files that name processes cannot be read.
  const pids = (): ReturnType<OneMachine["pids"]> => (off ? {} : machine.pids())
  return { ...machine, pids, failPower, remove }
}

export interface PoweredPair extends Pair {
  /**
   * The same of the machine that has broker, store, collector, api and the processors; `elsewhere` is a processor on another machine,
   * which lives.
   */
  readonly failPower: (elsewhere?: Service) => Promise<number>
}

/** Two processors; the folders of broker, store and collector are on such disks. */
export const poweredPair = async (options: Pick<ServicesOptions, "placement"> = {}): Promise<PoweredPair> => {
  const disks = new Disks()
  const prepare: ServicesOptions["prepare"] = (folders) => disks.add(Object.values(folders))
  const stand = await startPair({ ...options, prepare, cleanUp: () => disks.remove() })
  const failPower = async (elsewhere?: Service): Promise<number> => {
    const { api, broker, collector, store } = stand.processes
    const processors = stand.pair.map(({ service }) => service).filter((one) => one !== elsewhere)
    const failing = [broker, store, collector, api, ...processors]
    const pids = failing.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
    await disks.fail(pids, () => Promise.all(failing.map((one) => one.end("SIGKILL"))))
    return timed(async () => {
      await Promise.all([broker.start(), store.start()])
      await Promise.all([...processors.map((one) => one.start()), collector.start(), api.start()])
    })
  }
  return { ...stand, failPower }
}
