// Recovery: how long the pipeline takes to catch up after the store was away.
import { jetstreamManager } from "@nats-io/jetstream"
import { percent, thousands } from "./instruments/figures.ts"
import type { Question } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { drain, drainedNote, type Stand, startStand, warmUp } from "./stand/stand.ts"

const usualSeconds = 20
/** Of the suite's steady rate. */
const shareOfRate = 0.5
const caughtUpMillis = 5_000
const target = 0.25
/** Longest wait for it, in lengths of the outage; beyond it the answer is that it does not recover. */
const mostOutages = 3
const sampleEveryMillis = 200

export const recovery: Question = {
  name: "recovery",
  asks: "How long does it take to catch up after an outage of the store?",
  answer: async ({ entry, rate, seconds: outage = usualSeconds }) => {
    const steady = rate * shareOfRate
    const stand = await startStand({ entry })
    try {
      stand.generator.rate(steady)
      await warmUp(stand)
      const startAgain = await stand.killStore()
      const downAt = performance.now()
      await pause(outage * 1_000)
      const startedAt = performance.now()
      await startAgain()
      const upAt = performance.now()
      const caught = await catchUp(stand, outage * mostOutages * 1_000)
      const drained = await drain(stand, 60)
      const rawBytes = (await rawStreamBytes(stand)) / drained.sent
      const { refused } = await stand.generator.sent()
      const gone = (upAt - downAt) / 1_000
      const passed = caught.millis / 1_000
      const rows: ReadonlyArray<readonly [string, string]> = [
        ["store away", `${gone.toFixed(1)} s, ${((upAt - startedAt) / 1_000).toFixed(1)} s of it to start again`],
        ["events that lay behind when it was back", thousands(caught.behind)],
        ["until the first of them was stored", `${(caught.idleMillis / 1_000).toFixed(1)} s`],
        ["stored from then on", `${thousands(caught.eventsPerSecond)} events/s, ${thousands(steady)} of them new`],
        ["until the lag is below 5 s", caught.done ? `${passed.toFixed(1)} s` : `not within ${passed.toFixed(0)} s`],
        ["of the outage", caught.done ? percent(passed / gone) : "-"]
      ]
      return {
        tables: [
          {
            caption: `The store killed at ${thousands(steady)} events/s and started again`,
            columns: ["what", "figure"],
            rows
          }
        ],
        notes: [
          drainedNote(drained),
          `Lag is the age of the newest record in the store. ${hourOf(caught.eventsPerSecond, steady, rawBytes)} Wanted: a quarter of the outage (${percent(target)}).`,
          ...(refused > 0 ? [`${refused} requests were refused for the moment and sent again.`] : [])
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

interface CaughtUp {
  readonly done: boolean
  readonly millis: number
  readonly behind: number
  /** Until something was stored. */
  readonly idleMillis: number
  /** From then on. */
  readonly eventsPerSecond: number
}

const catchUp = async (stand: Stand, mostMillis: number): Promise<CaughtUp> => {
  const began = performance.now()
  const first = await stand.store.stored()
  const behind = (await stand.generator.sent()).made - first
  let idleMillis: number | undefined
  for (;;) {
    stand.children.check()
    const newest = await stand.store.number(
      "SELECT toUnixTimestamp64Milli(max(timestamp)) FROM logs WHERE ingested_at = (SELECT max(ingested_at) FROM logs)"
    )
    const stored = await stand.store.stored()
    const millis = performance.now() - began
    if (stored > first) idleMillis ??= millis
    const done = Date.now() - newest < caughtUpMillis
    if (done || millis > mostMillis) {
      const idle = idleMillis ?? millis
      return { done, millis, behind, idleMillis: idle, eventsPerSecond: ((stored - first) * 1_000) / (millis - idle) }
    }
    await pause(sampleEveryMillis)
  }
}

/** Bytes of everything that was sent, as it lies in the broker. */
const rawStreamBytes = async (stand: Stand): Promise<number> => {
  const manager = await jetstreamManager(stand.connection)
  return (await manager.streams.info("raw")).state.bytes
}

const hourSeconds = 3_600

/** What the measured speed says of an outage of an hour. */
const hourOf = (eventsPerSecond: number, steady: number, eventBytes: number): string => {
  const spare = eventsPerSecond - steady
  const room = `Its ${((hourSeconds * steady * eventBytes) / 1e9).toFixed(1)} GB (${eventBytes.toFixed(0)} bytes an event; about a fifth with the collector's \`frames.encoding: zstd\`) must find room in the raw stream (its \`max_bytes\`, and the collector's \`lag.maxBytes\`), or wait with the senders.`
  if (spare <= 0)
    return "At this speed the pipeline would not catch up with an outage of any length while events keep coming."
  const minutes = ((hourSeconds - caughtUpMillis / 1_000) * steady) / spare / 60
  return `At this speed an outage of an hour would be made up for in ${minutes.toFixed(0)} minutes, ${percent(minutes / 60)} of it. ${room}`
}
