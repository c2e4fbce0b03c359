// Regression: what an event costs next to a fixed piece of work in the same run, so that the machine's speed cancels out.
import { microsecondsOf, over, thousands } from "./instruments/figures.ts"
import { median } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { measureReference } from "./stand/reference.ts"
import { drain, drainedNote, startStand, warmUp } from "./stand/stand.ts"
import { type Measured, measureWindow } from "./stand/window.ts"

const usualSeconds = 3
const rounds = 3

export const regression: Question = {
  name: "regression",
  asks: "What does an event cost next to a fixed piece of work?",
  answer: async ({ entry, rate, seconds = usualSeconds }) => {
    const stand = await startStand({ entry })
    try {
      stand.generator.rate(rate)
      await warmUp(stand)
      let drained = await drain(stand)
      // The first is for compiling.
      await measureReference(stand)
      const references = [await measureReference(stand)]
      const measured: Array<Measured> = []
      for (let round = 0; round < rounds; round++) {
        stand.generator.rate(rate)
        await pause(1_500)
        measured.push(await measureWindow(stand, seconds))
        drained = await drain(stand)
        references.push(await measureReference(stand))
      }
      const reference = median(references)
      const costs = [
        ...stand.children.all.map(({ name }) => [name, microsecondsOf(measured, name)] as const),
        ["all", over(measured, ({ totalMicroseconds }) => totalMicroseconds)] as const
      ]
      return {
        tables: [
          {
            caption: `At ${thousands(rate)} events/s asked for; the fixed piece of work takes ${reference.toFixed(2)} CPU us/event`,
            columns: ["process", "CPU us/event", "times the fixed work"],
            rows: costs.map(([name, cost]) => [name, cost.toFixed(2), (cost / reference).toFixed(2)])
          }
        ],
        notes: [
          drainedNote(drained),
          `The fixed work reads events by JSON.parse and sends them through the broker and back; medians of ${rounds} windows of ${seconds} s with that work before, between and after them. \`npm run bench -- --check\` measures this again and compares the last column with the recorded one.`
        ],
        recorded: { rate, entry, ratios: Object.fromEntries(costs.map(([name, cost]) => [name, cost / reference])) }
      }
    } finally {
      await stand.stop()
    }
  }
}
