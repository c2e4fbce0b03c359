// Formats: what an event costs, and how many a second there can be, by the format it comes in.
import { percent, thousands } from "./instruments/figures.ts"
import type { Question } from "./instruments/report.ts"
import { shareTable } from "./instruments/share-table.ts"
import { type Format, formats as names } from "./load/line-writers.ts"
import { pause } from "./stand/children.ts"
import { measureFlatOut } from "./stand/flat-out.ts"
import { drain, drainedNote, type Stand, startStand, warmUp } from "./stand/stand.ts"
import { type Measured, measureWindows } from "./stand/window.ts"

const usualSeconds = 2
const windows = 2
const target = 0.6

interface Answer {
  readonly steady: ReadonlyArray<Measured>
  readonly fastest: ReadonlyArray<Measured>
}

export const formats: Question = {
  name: "formats",
  asks: "What does an event cost in other formats than JSON?",
  answer: async (settings) => {
    const seconds = settings.seconds ?? usualSeconds
    const stand = await startStand({ entry: settings.entry })
    try {
      stand.generator.rate(settings.rate)
      await warmUp(stand)
      await drain(stand)
      const answers: Array<readonly [Format, Answer]> = []
      for (const format of names) answers.push([format, await measure(stand, format, settings.rate, seconds)])
      const drained = await drain(stand)
      const table = (caption: string, read: (answer: Answer) => ReadonlyArray<Measured>) =>
        shareTable(
          caption,
          "format",
          answers.map(([format, answer]) => [format, read(answer)])
        )
      return {
        tables: [
          table(`CPU us/event at ${thousands(settings.rate)} events/s asked for`, ({ steady }) => steady),
          table("As fast as it goes", ({ fastest }) => fastest)
        ],
        notes: [
          drainedNote(drained),
          `Lines of about 200 bytes that tell the same events, found out by their source's codec "auto", one format after another through one stand. Wanted of every format: at least ${percent(target)} of json's events/s as fast as it goes.`
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

const measure = async (stand: Stand, format: Format, rate: number, seconds: number): Promise<Answer> => {
  stand.generator.format(format)
  stand.generator.rate(rate)
  await pause(2_000)
  const steady = await measureWindows(stand, windows, seconds)
  const fastest = await measureFlatOut(stand, { warmSeconds: 1.5, windows, secondsPerWindow: seconds })
  await drain(stand)
  return { steady, fastest }
}
