// Idle: what processes take that have nothing to do: everything on one machine, and a collector alone beside its broker.
import { mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cpuSecondsOf, ownMegabytesOf, residentMegabytesOf } from "./instruments/process-usage.ts"
import type { Question, Settings, Table } from "./instruments/report.ts"
import { Children, pause } from "./stand/children.ts"
import { startBroker } from "./stand/services.ts"
import { bundleOf, childrenOf, startWhole } from "./stand/whole.ts"

/** Until what a start needed has been given back: V8 lets pages of its heap go after about half a minute. */
const settleMillis = 45_000
const defaultSeconds = 30

interface Watched {
  readonly name: string
  readonly pid: number
}

/** A row for each process after it has been left alone, and one for all of them. */
const rowsOf = async (processes: ReadonlyArray<Watched>, seconds: number) => {
  await pause(settleMillis)
  const before = processes.map(({ pid }) => cpuSecondsOf(pid))
  await pause(seconds * 1_000)
  const figures = processes.map(({ pid, name }, i) => ({
    name,
    cpu: ((cpuSecondsOf(pid) - (before[i] as number)) / seconds) * 100,
    resident: residentMegabytesOf(pid),
    own: ownMegabytesOf(pid)
  }))
  const sum = (of: (figure: (typeof figures)[number]) => number) => figures.reduce((all, one) => all + of(one), 0)
  const all = {
    name: "all",
    cpu: sum(({ cpu }) => cpu),
    resident: sum((one) => one.resident),
    own: sum(({ own }) => own)
  }
  return [...figures, ...(figures.length > 1 ? [all] : [])].map(({ name, cpu, own, resident }) => [
    name,
    `${cpu.toFixed(1)} %`,
    resident.toFixed(0),
    own.toFixed(0)
  ])
}

const columns = ["process", "CPU of a core", "MB resident", "MB, shared ones once"]

const everything = async (seconds: number): Promise<Table> => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"))
  const children = new Children(folder)
  try {
    const { child } = await startWhole(children, folder)
    const processes = [{ name: "up: collector, processor and api", pid: child.pid }, ...childrenOf(child.pid)]
    return { caption: "`npm start` with nothing to do", columns, rows: await rowsOf(processes, seconds) }
  } finally {
    await children.stop()
  }
}

const collectorAlone = async (seconds: number): Promise<Table> => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"))
  const children = new Children(folder)
  try {
    const servers = [await startBroker(children, folder, "fsync")]
    const path = join(folder, "collector.yaml")
    const syslog = { port: 0 }
    await writeFile(
      path,
      JSON.stringify({ nats: { servers }, data: join(folder, "collector"), http: { port: 0 }, syslog })
    )
    const { pid } = await children.start({
      name: "collector",
      command: process.execPath,
      arguments: [await bundleOf("collector"), path],
      ready: (output) => /source http runs on port \d+/.test(output)
    })
    const rows = await rowsOf([{ name: "collector", pid }], seconds)
    return { caption: "`npm run collector` with HTTP and syslog sources that nobody sends to", columns, rows }
  } finally {
    await children.stop()
  }
}

const answer = async ({ seconds = defaultSeconds }: Settings) => ({
  tables: [await everything(seconds), await collectorAlone(seconds)],
  notes: [note]
})

const note =
  "Resident memory counts pages that several processes share, such as the program of Node, in each of them; the last column counts each page once, by the kernel's proportional share. Most of the store's is the engine's program, which the kernel drops when others need the room."

export const idle: Question = { name: "idle", asks: "What does it take while nothing happens?", answer }
