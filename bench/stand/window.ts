// Window: a few seconds of a running stand, measured: events stored, CPU and memory of each process.
import { cpuSecondsOf, residentMegabytesOf } from "../instruments/process-usage.ts"
import { pause } from "./children.ts"
import type { Stand } from "./stand.ts"

export interface Measured {
  readonly eventsPerSecond: number
  /** CPU microseconds per stored event, and the highest resident memory in MB, by process. */
  readonly processes: ReadonlyArray<{
    readonly name: string
    readonly microseconds: number
    readonly megabytes: number
  }>
  readonly totalMicroseconds: number
  /** Share of one core that all processes used together. */
  readonly cores: number
  readonly rowsPerBatch: number
  /** Share of the window in which the generator had to wait. */
  readonly held: number
}

/** Measures for `seconds`; `everyBeat` is called ten times a second meanwhile. */
export const measureWindow = async (
  stand: Stand,
  seconds: number,
  everyBeat: () => Promise<void> = async () => {}
): Promise<Measured> => {
  const memory = new Map<string, number>()
  const before = await take(stand)
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    await pause(100)
    stand.children.check()
    await everyBeat()
    for (const { name, pid } of stand.children.all) {
      memory.set(name, Math.max(memory.get(name) ?? 0, residentMegabytesOf(pid)))
    }
  }
  const after = await take(stand)
  const batches = await stand.store.number(
    `SELECT uniqExact(ingested_at) FROM logs WHERE ingested_at > fromUnixTimestamp64Milli(${before.newest})`
  )
  const events = after.stored - before.stored
  const passed = (after.at - before.at) / 1_000
  const used = stand.children.all.map(({ name }, i) => ({
    name,
    cpu: (after.cpu[i] ?? 0) - (before.cpu[i] ?? 0),
    megabytes: memory.get(name) ?? 0
  }))
  const total = used.reduce((sum, { cpu }) => sum + cpu, 0)
  return {
    eventsPerSecond: events / passed,
    processes: used.map(({ name, cpu, megabytes }) => ({ name, microseconds: (cpu * 1e6) / events, megabytes })),
    totalMicroseconds: (total * 1e6) / events,
    cores: total / passed,
    rowsPerBatch: events / batches,
    held: (after.held - before.held) / 1_000 / passed
  }
}

/** Several windows, one after the other. */
export const measureWindows = async (
  stand: Stand,
  windows: number,
  seconds: number,
  everyBeat?: () => Promise<void>
): Promise<ReadonlyArray<Measured>> => {
  const measured: Array<Measured> = []
  for (let i = 0; i < windows; i++) measured.push(await measureWindow(stand, seconds, everyBeat))
  return measured
}

const take = async (stand: Stand) => {
  const newest = await stand.store.number("SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM logs")
  const held = (await stand.generator.sent()).heldMillis
  const stored = await stand.store.stored()
  return {
    stored,
    newest,
    held,
    at: performance.now(),
    cpu: stand.children.all.map(({ pid }) => cpuSecondsOf(pid))
  }
}
