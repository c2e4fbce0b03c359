// One machine: `tailrace up` with its broker and store as children, as a stand of the roles main, broker and store.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { connectionEnvironment, storeHeaders } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import { RunningTailrace } from "../../e2e/running-tailrace.harness.ts"
import { pipelineText, type Stand, selectFrom } from "./stand.ts"

export interface OneMachineOptions {
  readonly partitions?: number
  readonly placement?: "fused" | "staged"
  /** What an acknowledgement of its broker is worth; fsync by default. */
  readonly durability?: "fsync" | "memory"
  /** Folders within the machine's own whose files are followed besides. */
  readonly followed?: ReadonlyArray<string>
  /** Called with the folder before the first start. */
  readonly prepare?: (folder: string) => void
  /** Environment of the main process; its children get it too. */
  readonly environment?: (folder: string) => Readonly<Record<string, string>>
}

export interface OneMachine extends Stand {
  readonly instance: RunningTailrace
  /** Kills main, and gives `between` the machine as the kill left it before main starts again. */
  readonly killMain: (between: () => void | Promise<void>) => Promise<void>
  /** Kills every process, waits for the end of all of them, and does the same. */
  readonly killAll: (between: () => void) => Promise<void>
}

/** Starts it; ready when every component is. */
export const oneMachine = async (options: OneMachineOptions = {}): Promise<OneMachine> => {
  const instance = await RunningTailrace.start((folder) => {
    const watched = join(folder, "watched")
    mkdirSync(watched)
    writeFileSync(join(folder, "chaos.yaml"), pipelineText)
    options.prepare?.(folder)
    const { durability = "fsync", partitions = 2, placement = "fused" } = options
    const pipeline = ["--pipeline", join(folder, "chaos.yaml")]
    return [
      ...["watched", ...(options.followed ?? [])].flatMap((one) => ["--file", join(folder, one, "*")]),
      ...pipeline,
      ...["--partitions", String(partitions), "--placement", placement, "--durability", durability]
    ]
  }, options.environment)
  const pids = (): Readonly<Record<string, number>> => {
    const found = { main: instance.mainPid(), broker: instance.brokerPid(), store: instance.storeFrontPid() }
    return Object.fromEntries(Object.entries(found).filter(([, pid]) => pid !== undefined)) as Record<string, number>
  }
  const storeUrl = `http://127.0.0.1:${instance.ports.store}`
  const killMain = async (between: () => void | Promise<void>): Promise<void> => {
    await instance.kill()
    await between()
    await instance.up()
  }
  const killAll = async (between: () => void): Promise<void> => {
    const running = Object.values(pids())
    for (const pid of running) process.kill(pid, "SIGKILL")
    await killMain(async () => {
      await waitFor(
        () => running.filter(isRunning),
        (left) => left.length === 0,
        { what: "the end of everything" }
      )
      between()
    })
  }
  return {
    instance,
    killMain,
    killAll,
    folder: instance.folder,
    collector: instance.collector,
    followed: join(instance.folder, "watched", "numbers.log"),
    natsUrl: `nats://127.0.0.1:${instance.ports.nats}`,
    storeUrl,
    environment: connectionEnvironment(instance.data),
    pids,
    kill: async (role) => {
      if (role === "main") return killMain(() => undefined)
      const pid = await waitFor(
        () => pids()[role],
        (seen) => seen !== undefined && runs(seen),
        { what: `a ${role} to kill` }
      )
      process.kill(pid as number, "SIGKILL")
      await waitFor(
        () => runs(pid as number),
        (alive) => !alive,
        { what: `the end of the ${role}` }
      )
    },
    select: (query) => selectFrom(storeUrl, query, storeHeaders(instance.data, "reader")),
    output: () => instance.output,
    remove: () => instance.remove()
  }
}

/** Whether a process lives; one that waits to be reaped does not. */
const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The same for one whose parent is gone too: it may wait to be reaped for long. */
const isRunning = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}
