// Latency: how long from the making of an event until it can be queried, and until the insert is acknowledged.
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { liveSubject } from "@tailrace/domain/subjects"
import { WeightedSamples } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"
import { pause } from "./stand/children.ts"
import { drain, type Stand, startStand, warmUp } from "./stand/stand.ts"

const measuredSeconds = 10
const probeEveryMillis = 4
const shares = [0.5, 0.9, 0.99, 0.999, 1] as const

export const latency: Question = {
  name: "latency",
  asks: "How long until an event can be queried, and is seen by a live tail?",
  answer: async (settings) => {
    const stand = await startStand(settings.entry)
    try {
      stand.generator.rate(settings.rate)
      await warmUp(stand)
      const queryable = new WeightedSamples()
      const shown = new WeightedSamples()
      const seen = await watch(stand, measuredSeconds * 1_000)
      await drain(stand)
      for (const [batch, made, events] of await groups(stand, [...seen.queryable.keys()])) {
        const at = seen.queryable.get(batch)
        if (at !== undefined) queryable.add(at - made, events)
        const shownAt = seen.shown.get(batch)
        if (shownAt !== undefined) shown.add(shownAt - made, events)
      }
      const row = (name: string, samples: WeightedSamples) => [
        name,
        ...samples.percentiles(shares).map((millis) => millis.toFixed(0))
      ]
      return {
        tables: [
          {
            caption: `Milliseconds from the generator's stamp, ${Math.round(settings.rate / 1_000)}K events/s asked for, ${queryable.total} events in ${seen.queryable.size} batches`,
            columns: ["until", "p50", "p90", "p99", "p99.9", "most"],
            rows: [
              row("the row is in a query's answer", queryable),
              row("insert acknowledged, live tail has it", shown)
            ]
          }
        ],
        notes: [
          `A query every ${probeEveryMillis} ms asks for the newest batch, so the first row is late by up to that and the query's own time.`
        ]
      }
    } finally {
      await stand.stop()
    }
  }
}

interface Seen {
  /** When a batch, named by its ingested_at, was first in an answer; milliseconds since 1970. */
  readonly queryable: ReadonlyMap<number, number>
  /** When the live tail had it. */
  readonly shown: ReadonlyMap<number, number>
}

const epochMillis = (): number => performance.timeOrigin + performance.now()

const watch = async (stand: Stand, millis: number): Promise<Seen> => {
  const queryable = new Map<number, number>()
  const arrivals: Array<readonly [sequence: number, at: number]> = []
  const subscription = stand.connection.subscribe(liveSubject(0), {
    callback: (error, message) => {
      if (error !== null) return
      const at = epochMillis()
      const batch = decodeBatch(message.data)
      arrivals.push([batch.sequence[batch.length - 1] ?? 0, at])
    }
  })
  const end = performance.now() + millis
  let newest = await newestBatch(stand)
  while (performance.now() < end) {
    await pause(probeEveryMillis)
    stand.children.check()
    const batch = await newestBatch(stand)
    if (batch !== newest) queryable.set(batch, epochMillis())
    newest = batch
  }
  subscription.unsubscribe()
  return { queryable, shown: await shownTimes(stand, arrivals) }
}

/** Answered from the parts' own bounds, without reading a row. */
const newestBatch = (stand: Stand): Promise<number> =>
  stand.store.number("SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM logs")

/** When the last part of each batch reached the live tail. */
const shownTimes = async (stand: Stand, arrivals: ReadonlyArray<readonly [sequence: number, at: number]>) => {
  const shown = new Map<number, number>()
  const first = arrivals[0]?.[0] ?? 0
  const batches = await stand.store.rows(
    `SELECT max(sequence) AS last, toUnixTimestamp64Milli(ingested_at) AS batch
     FROM logs GROUP BY batch HAVING last >= ${first}`
  )
  const batchOf = new Map(batches.map(([last, batch]) => [Number(last), Number(batch)]))
  for (const [sequence, at] of arrivals) {
    const batch = batchOf.get(sequence)
    if (batch !== undefined) shown.set(batch, at)
  }
  return shown
}

/** Events of each batch by the millisecond they were made in. */
const groups = async (
  stand: Stand,
  batches: ReadonlyArray<number>
): Promise<ReadonlyArray<readonly [batch: number, made: number, events: number]>> => {
  if (batches.length === 0) return []
  const rows = await stand.store.rows(
    `SELECT toUnixTimestamp64Milli(ingested_at) AS batch, toUnixTimestamp64Milli(timestamp) AS made, count()
     FROM logs WHERE batch BETWEEN ${Math.min(...batches)} AND ${Math.max(...batches)} GROUP BY batch, made`
  )
  return rows.map(([batch, made, events]) => [Number(batch), Number(made), Number(events)])
}
