// Latency: how long from the making of an event until it can be queried, and until a live tail has it.
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { liveSubject } from "@tailrace/domain/subjects"
import { thousands } from "./instruments/figures.ts"
import { WeightedSamples } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { drain, drainedNote, type Stand, startStand, warmUp } from "./stand/stand.ts"

const usualSeconds = 10
/** A query costs the store about 3 ms of CPU whatever it asks; asked more often it would be the load it measures. */
const probeEveryMillis = 50
const shares = [0.5, 0.9, 0.99, 0.999, 1] as const

export const latency: Question = {
  name: "latency",
  asks: "How long until an event can be queried, and is seen by a live tail?",
  answer: async (settings) => {
    const stand = await startStand({ entry: settings.entry })
    try {
      stand.generator.rate(settings.rate)
      await warmUp(stand)
      const watched = await watch(stand, (settings.seconds ?? usualSeconds) * 1_000)
      const drained = await drain(stand)
      const seen = await batchesSeen(stand, watched)
      const queryable = new WeightedSamples()
      const shown = new WeightedSamples()
      for (const { batch, events, made } of await groups(stand, [...seen.shown.keys()])) {
        const shownAt = seen.shown.get(batch) as number
        shown.add(shownAt - made, events)
        queryable.add(Math.min(shownAt, seen.answered.get(batch) ?? Number.POSITIVE_INFINITY) - made, events)
      }
      const row = (name: string, samples: WeightedSamples) => [
        name,
        ...samples.percentiles(shares).map((millis) => millis.toFixed(0))
      ]
      return {
        tables: [
          {
            caption: `Milliseconds from the generator's stamp, ${thousands(settings.rate)} events/s asked for, ${queryable.total} events in ${seen.shown.size} batches`,
            columns: ["until", "p50", "p90", "p99", "p99.9", "most"],
            rows: [
              row("the row is in a query's answer", queryable),
              row("insert acknowledged, live tail has it", shown)
            ]
          }
        ],
        notes: [
          `A batch is shown to live tails after its insert, so it can be queried when a tail has it at the latest; a query every ${probeEveryMillis} ms finds some earlier. Of ${watched.probes.length} queries ${seen.missing} did not find a batch that the tail had before they were asked.`,
          "Stamps are of whole milliseconds, and an event waits for up to 5 ms in the generator until its request is sent.",
          drainedNote(drained)
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

interface Probe {
  readonly askedAt: number
  readonly answeredAt: number
  /** The newest batch of the answer, by its ingested_at. */
  readonly newest: number
}

/** All times are milliseconds since 1970. */
interface Watched {
  readonly probes: ReadonlyArray<Probe>
  /** When the live tail had which last sequence. */
  readonly arrivals: ReadonlyArray<readonly [sequence: number, at: number]>
}

const epochMillis = (): number => performance.timeOrigin + performance.now()

const watch = async (stand: Stand, millis: number): Promise<Watched> => {
  const probes: Array<Probe> = []
  const arrivals: Array<readonly [sequence: number, at: number]> = []
  const subscription = stand.connection.subscribe(liveSubject(0), {
    callback: (error, message) => {
      if (error !== null) return
      const at = epochMillis()
      const batch = decodeBatch(message.data)
      arrivals.push([batch.lastSequence, at])
    }
  })
  const end = performance.now() + millis
  while (performance.now() < end) {
    await pause(probeEveryMillis)
    stand.children.check()
    const askedAt = epochMillis()
    // Answered from the parts' own bounds, without reading a row.
    const newest = await stand.store.number("SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM logs")
    probes.push({ askedAt, answeredAt: epochMillis(), newest })
  }
  subscription.unsubscribe()
  return { probes, arrivals }
}

/** When each batch, named by its ingested_at, was first in an answer and was shown, and how many answers lacked one. */
const batchesSeen = async (stand: Stand, { arrivals, probes }: Watched) => {
  const batches = await stand.store.rows(
    `SELECT max(sequence) AS last, toUnixTimestamp64Milli(ingested_at) AS batch
     FROM logs GROUP BY batch HAVING last >= ${arrivals[0]?.[0] ?? 0}`
  )
  const batchOf = new Map(batches.map(([last, batch]) => [Number(last), Number(batch)]))
  // A batch too large for one message comes in several; the one with its last sequence is the last.
  const shown = new Map<number, number>()
  for (const [sequence, at] of arrivals) {
    const batch = batchOf.get(sequence)
    if (batch !== undefined) shown.set(batch, at)
  }
  const answered = new Map<number, number>()
  let missing = 0
  for (const { answeredAt, askedAt, newest } of probes) {
    for (const batch of shown.keys()) if (batch <= newest && !answered.has(batch)) answered.set(batch, answeredAt)
    if ([...shown].some(([batch, at]) => at < askedAt && batch > newest)) missing++
  }
  return { shown, answered, missing }
}

/** Events of each batch by the millisecond they were made in. */
const groups = async (stand: Stand, batches: ReadonlyArray<number>) => {
  if (batches.length === 0) return []
  const wanted = new Set(batches)
  const rows = await stand.store.rows(
    `SELECT toUnixTimestamp64Milli(ingested_at) AS batch, toUnixTimestamp64Milli(timestamp) AS made, count()
     FROM logs WHERE batch BETWEEN ${Math.min(...batches)} AND ${Math.max(...batches)} GROUP BY batch, made`
  )
  return rows
    .map(([batch, made, events]) => ({ batch: Number(batch), made: Number(made), events: Number(events) }))
    .filter(({ batch }) => wanted.has(batch))
}
