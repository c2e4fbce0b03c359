// Live tail: how long from the making of an event to the subscriber's screen, and what many subscribers cost.
import { fileURLToPath } from "node:url"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { liveSubject } from "@tailrace/domain/subjects"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { microsecondsOf, over, percent, thousands } from "./instruments/figures.ts"
import { WeightedSamples } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { Messenger } from "./stand/messenger.ts"
import { drain, drainedNote, type Stand, startStand, warmUp } from "./stand/stand.ts"
import { type Measured, measureWindows } from "./stand/window.ts"
import type { Shown, ToSubscriber } from "./subscriber.ts"

const main = fileURLToPath(new URL("subscriber.ts", import.meta.url))
const usualSeconds = 4
const windows = 2
const many = 1_000
const settleMillis = 2_000
const mostOpeningMillis = 30_000
const shares = [0.5, 0.9, 0.99, 0.999, 1] as const
const targetMillis = 50
const targetShare = 0.2
const subscriberName = "subscribers"

/** About one event in 500, which is below the rows a second that a tail shows. */
const measuredQuery = "level:error AND host:web-7"
/** Each watches one user, of whom there are 100,000. */
const queriesOf = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => (i === 0 ? measuredQuery : `user:u-${i}`))

interface Phase {
  readonly name: string
  readonly measured: ReadonlyArray<Measured>
  readonly shown: Shown
}

export const liveTail: Question = {
  name: "live-tail",
  asks: "How long until a subscriber sees an event, and what do subscribers cost?",
  answer: async ({ entry, rate, seconds = usualSeconds }) => {
    const stand = await startStand({ entry, api: true, watched: false })
    try {
      const subscribers = await Messenger.start<ToSubscriber, Shown>(stand.children, {
        name: subscriberName,
        main,
        arguments: [stand.api]
      })
      stand.generator.rate(rate)
      await warmUp(stand)
      const phases = [
        await phase(stand, subscribers, "none", 0, seconds),
        await phase(stand, subscribers, "1", 1, seconds),
        await phase(stand, subscribers, `${many}`, many, seconds)
      ]
      const bare = await besideListener(stand, subscribers, seconds)
      const drained = await drain(stand)
      const none = phases[0] as Phase
      return {
        tables: [latencyTable(phases, bare, rate), costTable(phases, none)],
        notes: [
          drainedNote(drained),
          "The last two rows of the first table are of the same records at the same time, for one tail and for a listener that hears the broker's messages without an api: what lies between them is the api's.",
          `Through the api's GraphQL over WebSocket, each subscriber with a filter of its own. What the subscribers' own process takes is left out of the sums. Wanted: p99 of at most ${targetMillis} ms, and ${many} subscribers for at most ${percent(targetShare)} more.`
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

const phase = async (
  stand: Stand,
  subscribers: Messenger<ToSubscriber, Shown>,
  name: string,
  count: number,
  seconds: number
): Promise<Phase> => {
  if (count > 0) subscribers.tell({ type: "open", queries: queriesOf(count) })
  await untilOpen(stand, count)
  await pause(settleMillis)
  await subscribers.report()
  const measured = await measureWindows(stand, windows, seconds)
  const shown = await subscribers.report()
  subscribers.tell({ type: "close" })
  return { name, measured, shown }
}

interface BesideListener {
  readonly listened: ReadonlyArray<number>
  readonly shown: ReadonlyArray<number>
}

/** Latencies of one tail, and of the same records in the broker's messages to a listener that needs no api. */
const besideListener = async (
  stand: Stand,
  subscribers: Messenger<ToSubscriber, Shown>,
  seconds: number
): Promise<BesideListener> => {
  const matches = toPredicate(parseQuery(measuredQuery).ast, { now: 0 })
  const listened: Array<number> = []
  let listening = false
  subscribers.tell({ type: "open", queries: queriesOf(1) })
  await untilOpen(stand, 1)
  const subscription = stand.connection.subscribe(liveSubject(0), {
    callback: (error, message) => {
      if (error !== null || !listening) return
      const now = performance.timeOrigin + performance.now()
      const batch = decodeBatch(message.data)
      for (let row = 0; row < batch.length; row++)
        if (matches(batch, row)) listened.push(now - (batch.timeMillis[row] as number))
    }
  })
  await pause(settleMillis)
  await subscribers.report()
  listening = true
  await pause(windows * seconds * 1_000)
  listening = false
  const { latencies } = await subscribers.report()
  subscription.unsubscribe()
  subscribers.tell({ type: "close" })
  return { listened, shown: latencies }
}

/** Waits until the api has so many tails, for a while. */
const untilOpen = async (stand: Stand, count: number): Promise<void> => {
  const metrics = stand.api.replace("ws:", "http:").replace("/graphql", "/metrics")
  const deadline = performance.now() + mostOpeningMillis
  while (performance.now() < deadline) {
    stand.children.check()
    const text = await (await fetch(metrics)).text()
    if (Number(/^tailrace_api_tails (\d+)/m.exec(text)?.[1]) === count) return
    await pause(100)
  }
  throw new Error(`the api did not get ${count} live tails within ${mostOpeningMillis} ms`)
}

const percentilesOf = (latencies: ReadonlyArray<number>): ReadonlyArray<string> => {
  const samples = new WeightedSamples()
  for (const millis of latencies) samples.add(millis, 1)
  return samples.percentiles(shares).map((millis) => millis.toFixed(0))
}

const latencyTable = (phases: ReadonlyArray<Phase>, bare: BesideListener, rate: number) => ({
  caption: `Milliseconds from the generator's stamp to the subscriber at ${thousands(rate)} events/s asked for`,
  columns: [
    "subscribers",
    "p50",
    "p90",
    "p99",
    "p99.9",
    "most",
    "records of the first",
    "of all",
    "in deliveries",
    "left out"
  ],
  rows: [
    ...phases
      .slice(1)
      .map(({ name, shown }) => [
        name,
        ...percentilesOf(shown.latencies),
        `${shown.latencies.length}`,
        `${shown.records}`,
        `${shown.deliveries}`,
        `${shown.dropped}`
      ]),
    ["1, beside it", ...percentilesOf(bare.shown), `${bare.shown.length}`, "", "", ""],
    ["a listener at the broker", ...percentilesOf(bare.listened), `${bare.listened.length}`, "", "", ""]
  ]
})

const parts = ["broker", "store", "processor", "collector", "api", "generator"]

const costTable = (phases: ReadonlyArray<Phase>, none: Phase) => {
  const total = ({ measured }: Phase) =>
    over(measured, ({ totalMicroseconds }) => totalMicroseconds) - microsecondsOf(measured, subscriberName)
  return {
    caption: "CPU us/event",
    columns: ["subscribers", ...parts, "sum", "more than with none"],
    rows: phases.map((one) => [
      one.name,
      ...parts.map((part) => microsecondsOf(one.measured, part).toFixed(2)),
      total(one).toFixed(2),
      percent(total(one) / total(none) - 1)
    ])
  }
}
