// Soak: memory of the processes at a steady rate over a while: how much, and whether it grows.
import { thousands } from "./instruments/figures.ts"
import { mappedMegabytesOf, residentMegabytesOf } from "./instruments/process-usage.ts"
import type { Question } from "./instruments/report.ts"
import { slopeOf } from "./instruments/slope.ts"
import { pause } from "./stand/children.ts"
import { drain, drainedNote, startStand, warmUp } from "./stand/stand.ts"

const usualSeconds = 60
const sampleEveryMillis = 500
const targetMegabytes = 600
/** What the target speaks of. */
const pipelineAndStore = ["processor", "store"]

export const soak: Question = {
  name: "soak",
  asks: "How much memory does it take, and does it grow?",
  answer: async ({ entry, rate, seconds = usualSeconds }) => {
    const stand = await startStand({ entry })
    try {
      stand.generator.rate(rate)
      await warmUp(stand)
      const minutes: Array<number> = []
      const taken: Array<ReadonlyMap<string, number>> = []
      const { made: before } = await stand.generator.sent()
      const began = performance.now()
      while (performance.now() - began < seconds * 1_000) {
        stand.children.check()
        minutes.push((performance.now() - began) / 60_000)
        taken.push(new Map(stand.children.all.map(({ name, pid }) => [name, residentMegabytesOf(pid)])))
        await pause(sampleEveryMillis)
      }
      const mapped = new Map(stand.children.all.map(({ name, pid }) => [name, mappedMegabytesOf(pid)]))
      const { made: after } = await stand.generator.sent()
      const drained = await drain(stand)
      const row = (name: string, processes: ReadonlyArray<string>) => {
        const megabytes = taken.map((sample) => processes.reduce((sum, one) => sum + (sample.get(one) ?? 0), 0))
        const half = megabytes.length >> 1
        return [
          name,
          (megabytes[0] ?? Number.NaN).toFixed(0),
          (megabytes.at(-1) ?? Number.NaN).toFixed(0),
          processes.reduce((sum, one) => sum + (mapped.get(one) ?? 0), 0).toFixed(0),
          Math.max(...megabytes).toFixed(0),
          slopeOf(minutes, megabytes).toFixed(1),
          slopeOf(minutes.slice(half), megabytes.slice(half)).toFixed(1)
        ]
      }
      return {
        tables: [
          {
            caption: `Resident memory in MB over ${seconds} s with ${thousands((after - before) / seconds)} events/s, ${thousands(rate)} asked for, after ${thousands(before)} events of warm-up`,
            columns: [
              "process",
              "at first",
              "at last",
              "of it mapped files",
              "most",
              "growth MB/min",
              "in the second half"
            ],
            rows: [
              ...stand.children.all.map(({ name }) => row(name, [name])),
              row(pipelineAndStore.join(" and "), pipelineAndStore)
            ]
          }
        ],
        notes: [
          drainedNote(drained),
          `Growth is the slope of a straight line through ${taken.length} samples. Mapped files are programs and libraries (the engine's alone is 540 MB on disk), which the system may drop and read again. Wanted: at most ${targetMegabytes} MB of ${pipelineAndStore.join(" and ")}, and no growth once caches and heaps are full, which takes longer than a minute: \`npm run bench -- --only soak --seconds 3600\` tells more.`
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}
