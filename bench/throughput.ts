// Throughput: what an event costs at a steady rate, and how many events a second there can be.
import { median } from "./instruments/percentiles.ts"
import type { Question, Settings, Table } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { drain, type Stand, startStand, warmUp } from "./stand/stand.ts"
import { type Measured, measureWindow } from "./stand/window.ts"

const windows = 3
/** Frames in the raw stream above which the generator waits, so that the pipeline is never short of input nor far behind. */
const mostBehind = 160

export const throughput: Question = {
  name: "throughput",
  asks: "What does an event cost, and how many a second can there be?",
  answer: async (settings) => {
    const stand = await startStand(settings.entry)
    try {
      stand.generator.rate(settings.rate)
      await warmUp(stand)
      const steady = await measureWindows(stand, settings)
      const keepBehind = regulate(stand)
      stand.generator.rate(Number.POSITIVE_INFINITY)
      for (let beat = 0; beat < 30; beat++) {
        await pause(100)
        await keepBehind()
      }
      const fastest = await measureWindows(stand, settings, keepBehind)
      stand.generator.paused(false)
      const { sent, stored } = await drain(stand)
      return {
        tables: [
          tableOf(`${thousands(settings.rate)} events/s asked for`, steady),
          tableOf("As fast as it goes", fastest)
        ],
        notes: [
          `Sent ${sent}, stored ${stored}: ${Math.max(0, sent - stored)} lost, ${Math.max(0, stored - sent)} doubled.`,
          `Each figure is the median of ${windows} windows of ${settings.seconds} s, entry by ${settings.entry}.`,
          "A batch costs the store about as much whatever its size, so an event costs the more the smaller the batches are: on a quiet machine, where inserts are quick, they are smaller than on a busy one."
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

const measureWindows = async (stand: Stand, settings: Settings, everyBeat?: () => Promise<void>) => {
  const measured: Array<Measured> = []
  for (let i = 0; i < windows; i++) measured.push(await measureWindow(stand, settings.seconds, everyBeat))
  return measured
}

const regulate = (stand: Stand) => {
  let paused = false
  return async () => {
    const { frames } = await stand.backlog()
    const pausing = frames > (paused ? mostBehind / 2 : mostBehind)
    if (pausing !== paused) stand.generator.paused(pausing)
    paused = pausing
  }
}

const thousands = (value: number): string => `${Math.round(value / 1_000)}K`

const tableOf = (caption: string, measured: ReadonlyArray<Measured>): Table => {
  const over = (read: (one: Measured) => number) => median(measured.map(read))
  const names = measured[0]?.processes.map(({ name }) => name) ?? []
  return {
    caption: `${caption}: ${thousands(over((one) => one.eventsPerSecond))} events/s stored, ${over((one) => one.cores * 100).toFixed(0)} % of a core, ${Math.round(over((one) => one.rowsPerBatch))} rows a batch`,
    columns: ["process", "CPU us/event", "memory MB"],
    rows: [
      ...names.map((name, i) => [
        name,
        over((one) => one.processes[i]?.microseconds ?? 0).toFixed(2),
        over((one) => one.processes[i]?.megabytes ?? 0).toFixed(0)
      ]),
      ["all", over((one) => one.totalMicroseconds).toFixed(2), ""]
    ]
  }
}
