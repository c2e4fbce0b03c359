// Placement: what durable streams between the stages cost against handing on in memory.
import { percent, thousands } from "./instruments/figures.ts"
import type { Question } from "./instruments/report.ts"
import { shareTable } from "./instruments/share-table.ts"
import { contest, contestNote } from "./stand/contest.ts"

const usualSeconds = 2
const rounds = 2
const target = 0.5

export const placement: Question = {
  name: "placement",
  asks: "What do durable streams between the stages cost?",
  answer: async ({ entry, rate, seconds = usualSeconds }) => {
    const found = await contest({
      contestants: { fused: { entry }, staged: { entry, placement: "staged" } },
      rate: rate / 2,
      seconds,
      rounds
    })
    return {
      tables: [
        shareTable(
          `CPU us/event at ${thousands(rate / 2)} events/s asked for`,
          "placement",
          found.map(([name, { steady }]) => [name, steady])
        ),
        shareTable(
          "As fast as it goes",
          "placement",
          found.map(([name, { fastest }]) => [name, fastest])
        )
      ],
      notes: [
        contestNote(found),
        `Both in one run and in turns, medians of ${rounds} windows of ${seconds} s. Wanted of staged: at least ${percent(target)} of the events/s of fused.`
      ]
    }
  }
}
