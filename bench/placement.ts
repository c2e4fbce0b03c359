// Placement: what durable streams between the stages cost against handing on in memory.
import { microsecondsOf, over, percent, thousands } from "./instruments/figures.ts"
import type { Question, Table } from "./instruments/report.ts"
import { type Contestant, contest, contestNote } from "./stand/contest.ts"
import type { Measured } from "./stand/window.ts"

const usualSeconds = 2
const rounds = 2
const target = 0.5
const parts = ["broker", "store", "processor", "collector", "generator"]

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
        tableOf(`CPU us/event at ${thousands(rate / 2)} events/s asked for`, found, ({ steady }) => steady),
        tableOf("As fast as it goes", found, ({ fastest }) => fastest)
      ],
      notes: [
        contestNote(found),
        `Both in one run and in turns, medians of ${rounds} windows of ${seconds} s. Wanted of staged: at least ${percent(target)} of the events/s of fused.`
      ]
    }
  }
}

const tableOf = (
  caption: string,
  found: ReadonlyArray<readonly [string, Contestant]>,
  read: (contestant: Contestant) => ReadonlyArray<Measured>
): Table => {
  const first = found[0]?.[1]
  const rate = (measured: ReadonlyArray<Measured>) => over(measured, ({ eventsPerSecond }) => eventsPerSecond)
  const cost = (measured: ReadonlyArray<Measured>) => over(measured, ({ totalMicroseconds }) => totalMicroseconds)
  const fused = first === undefined ? [] : read(first)
  return {
    caption,
    columns: ["placement", "events/s", "of fused", ...parts, "all us/event", "of fused"],
    rows: found.map(([name, contestant]) => {
      const measured = read(contestant)
      return [
        name,
        thousands(rate(measured)),
        percent(rate(measured) / rate(fused)),
        ...parts.map((part) => microsecondsOf(measured, part).toFixed(2)),
        cost(measured).toFixed(2),
        percent(cost(measured) / cost(fused))
      ]
    })
  }
}
