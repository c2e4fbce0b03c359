// Guarantee: what acknowledgements and the disk cost against sending without waiting and keeping in memory.
import { over, percent, thousands } from "./instruments/figures.ts"
import type { Question } from "./instruments/report.ts"
import { contest, contestNote } from "./stand/contest.ts"

const usualSeconds = 2
const rounds = 2
const target = 0.9
const carefree = "nobody waits, nothing synced"

export const guarantee: Question = {
  name: "guarantee",
  asks: "What does the guarantee cost?",
  answer: async ({ seconds = usualSeconds }) => {
    const found = await contest({
      contestants: {
        [carefree]: { entry: "broker", acknowledged: false, durability: "memory", synced: false },
        "acknowledged and synced": { entry: "broker" },
        "the same through the collector": { entry: "collector" }
      },
      seconds,
      rounds
    })
    const rows = found.map(([name, { fastest }]) => ({
      name,
      rate: over(fastest, ({ eventsPerSecond }) => eventsPerSecond),
      cost: over(fastest, ({ totalMicroseconds }) => totalMicroseconds)
    }))
    const base = rows.find(({ name }) => name === carefree)
    return {
      tables: [
        {
          caption: "As fast as it goes",
          columns: ["way", "events/s", "of the first", "CPU us/event", "of the first"],
          rows: rows.map(({ cost, name, rate }) => [
            name,
            thousands(rate),
            percent(rate / (base?.rate ?? Number.NaN)),
            cost.toFixed(2),
            percent(cost / (base?.cost ?? Number.NaN))
          ])
        }
      ],
      notes: [
        contestNote(found),
        `All in one run and in turns, medians of ${rounds} windows of ${seconds} s. The first publishes frames without asking what became of them, to a broker and a store that leave writing to the operating system; exactly-once inserts are in all three. Wanted of the second: at least ${percent(target)} of the first's events/s. The third adds the price of the collector's HTTP.`
      ]
    }
  }
}
