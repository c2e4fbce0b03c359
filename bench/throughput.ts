// Throughput: what an event costs at a steady rate, and how many events a second there can be.
import { over, thousands } from "./instruments/figures.ts"
import type { Question, Table } from "./instruments/report.ts"
import { measureFlatOut } from "./stand/flat-out.ts"
import { drain, drainedNote, startStand, warmUp } from "./stand/stand.ts"
import { type Measured, measureWindows } from "./stand/window.ts"

const windows = 3
const usualSeconds = 3

export const throughput: Question = {
  name: "throughput",
  asks: "What does an event cost, and how many a second can there be?",
  answer: async (settings) => {
    const seconds = settings.seconds ?? usualSeconds
    const stand = await startStand({ entry: settings.entry })
    try {
      stand.generator.rate(settings.rate)
      await warmUp(stand)
      const steady = await measureWindows(stand, windows, seconds)
      const fastest = await measureFlatOut(stand, { warmSeconds: 3, windows, secondsPerWindow: seconds })
      const drained = await drain(stand)
      return {
        tables: [
          tableOf(`${thousands(settings.rate)} events/s asked for`, steady),
          tableOf("As fast as it goes", fastest)
        ],
        notes: [
          drainedNote(drained),
          `Each figure is the median of ${windows} windows of ${seconds} s, entry by ${settings.entry}.`,
          "A batch costs the store about as much whatever its size, so an event costs the more the smaller the batches are: on a quiet machine, where inserts are quick, they are smaller than on a busy one."
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

const tableOf = (caption: string, measured: ReadonlyArray<Measured>): Table => {
  const of = (read: (one: Measured) => number) => over(measured, read)
  const names = measured[0]?.processes.map(({ name }) => name) ?? []
  return {
    caption: `${caption}: ${thousands(of((one) => one.eventsPerSecond))} events/s stored, ${of((one) => one.cores * 100).toFixed(0)} % of a core, ${Math.round(of((one) => one.rowsPerBatch))} rows a batch`,
    columns: ["process", "CPU us/event", "memory MB"],
    rows: [
      ...names.map((name, i) => [
        name,
        of((one) => one.processes[i]?.microseconds ?? 0).toFixed(2),
        of((one) => one.processes[i]?.megabytes ?? 0).toFixed(0)
      ]),
      ["all", of((one) => one.totalMicroseconds).toFixed(2), ""]
    ]
  }
}
