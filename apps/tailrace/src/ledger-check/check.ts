// Check: gathers what raw stream, rows, rollup and ledger say, each from its own place, and compares them.
import { partitionOf } from "@tailrace/domain/subjects"
import {
  type CheckRange,
  endOfTime,
  firstBehind,
  firstWhole,
  ledgerEnds,
  ledgerSums,
  letterCounts,
  type RollupDifference,
  rollupDifferences,
  rowCounts,
  wrongEntries
} from "@tailrace/store/read/ledger-check"
import { beginOf, generationOf, placeOf } from "@tailrace/streams/generation"
import { readStream, streamRange, streamSubjects } from "@tailrace/streams/read-stream"
import { type StreamFacts, surveyStreams } from "@tailrace/streams/survey"
import { Effect } from "effect"
import { type Difference, differencesOf, type Unread } from "./compare.ts"
import { RawCounts } from "./raw-counts.ts"

export interface CheckResult {
  readonly differences: ReadonlyArray<Difference>
  /** Last sequence looked at, by partition: what every output holds. */
  readonly settled: ReadonlyMap<number, number>
  readonly received: number
  readonly stored: number
  readonly dropped: number
  readonly deduplicated: number
  readonly rejected: number
  readonly rows: number
  /** Frames of the raw stream that were read, and the records in them. */
  readonly rawFrames: number
  readonly rawRecords: number
  /** Messages that wait for a pipeline or are on their way through it. */
  readonly waiting: number
}

/** Looks at the minutes of reception from `from` to `to` (milliseconds since 1970). Reads only. */
export const checkLedger = Effect.fnUntraced(function* (minutes: { readonly from: number; readonly to: number }) {
  const { facts, settled } = yield* settledEnds
  const range: CheckRange = { ...minutes, settled }
  const ledger = yield* ledgerSums(range)
  const rows = yield* rowCounts(range)
  const wrong = yield* wrongEntries(range)
  const raw = yield* countRaw(range)
  const whole = minutes.from <= 0 && minutes.to >= endOfTime
  const letters = whole ? yield* letterCounts(range) : []
  const inRange = ({ minute }: { readonly minute: number }) => minute >= minutes.from && minute < minutes.to
  const rollup = (yield* steadyRollup).filter(inRange)
  const sum = (key: "received" | "stored" | "dropped" | "deduplicated" | "rejected"): number =>
    ledger.reduce((total, one) => total + one[key], 0)
  return {
    differences: differencesOf({ ledger, rows, wrong, rollup, letters, raw, unread: yield* unreadBy(facts) }),
    settled,
    received: sum("received"),
    stored: sum("stored"),
    dropped: sum("dropped"),
    deduplicated: sum("deduplicated"),
    rejected: sum("rejected"),
    rows: rows.reduce((total, one) => total + one.rows, 0),
    rawFrames: raw?.frames ?? 0,
    rawRecords: raw?.counts.reduce((total, one) => total + one.received, 0) ?? 0,
    waiting: pipelinesOf(facts).reduce((total, one) => total + one.pending + one.unacknowledged, 0)
  } satisfies CheckResult
})

/**
 * How far every output is: the end of the ledger, which is written after the rows it accounts for. In fused placement
 * the broker knows too: what the head's consumer acknowledged is in all outputs, so a ledger that ends before it has lost
 * its end. Where batches pass through further streams the acknowledgement at the head says nothing of the outputs.
 */
const settledEnds = Effect.gen(function* () {
  const ends = new Map(yield* ledgerEnds)
  const streams = yield* surveyStreams
  const of = (name: string) => streams.find(({ defined }) => defined.name === name)?.found
  const facts = of("raw")
  if ((of("parsed")?.lastSequence ?? 0) === 0)
    for (const { floor, partition } of pipelinesOf(facts))
      if (floor > 0) ends.set(partition, Math.max(floor, ends.get(partition) ?? 0))
  return { settled: ends as ReadonlyMap<number, number>, facts }
})

/** The consumers of pipelines, each with its partition. */
const pipelinesOf = (facts: StreamFacts | undefined) =>
  (facts?.consumers ?? []).flatMap((consumer) => {
    const partition = /^pipeline-(\d+)$/.exec(consumer.name)?.[1]
    return partition === undefined ? [] : [{ ...consumer, partition: Number(partition) }]
  })

/** What the raw stream holds of partitions without a consumer: it is acknowledged, and nobody will ever read it. */
const unreadBy = Effect.fnUntraced(function* (facts: StreamFacts | undefined) {
  const read = new Set(pipelinesOf(facts).map(({ partition }) => partition))
  const subjects = Object.entries(yield* streamSubjects("raw"))
  return subjects
    .filter(([subject]) => !read.has(partitionOf(subject)))
    .map(([subject, messages]): Unread => ({ subject, messages }))
})

const attempts = 3

/** Counts what the raw stream still keeps of whole batches; again when it was trimmed meanwhile. Undefined: nothing is kept. */
const countRaw = Effect.fnUntraced(function* (range: CheckRange) {
  const ends = places(range.settled)
  const through = Math.max(0, ...ends.values())
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { first } = yield* streamRange("raw")
    if (first > through) return undefined
    const begin = yield* beginnings(range.settled, first)
    const counted = new RawCounts()
    yield* readStream({ stream: "raw", from: first, through }, (message) => counted.add(message, places(begin), ends))
    if ((yield* streamRange("raw")).first !== first) continue
    const counts = [...counted.counts.values()].filter(({ minute }) => minute >= range.from && minute < range.to)
    return { counts, ledger: yield* ledgerSums(range, begin), frames: counted.messages }
  }
  return undefined
})

const places = (numbers: ReadonlyMap<number, number>): ReadonlyMap<number, number> =>
  new Map([...numbers].map(([partition, sequence]) => [partition, placeOf(sequence)]))

/** From where on the stream, whose first message is at `first`, has whole batches of a partition's latest generation. */
const beginnings = Effect.fnUntraced(function* (settled: ReadonlyMap<number, number>, first: number) {
  const begin = new Map<number, number>()
  for (const generation of new Set([...settled.values()].map(generationOf))) {
    const numbered = beginOf(generation) + first
    const whole = yield* firstWhole(numbered)
    const own = generation === 0 ? undefined : yield* firstBehind(beginOf(generation))
    for (const [partition, end] of settled)
      if (generationOf(end) === generation)
        begin.set(partition, Math.max(whole.get(partition) ?? numbered, own?.get(partition) ?? 0))
  }
  return begin as ReadonlyMap<number, number>
})

const looks = 5

/** Differences of the rollup that stay as they are: an insert under way shows in one table a moment before the other. */
const steadyRollup = Effect.gen(function* () {
  const keyOf = (one: RollupDifference) =>
    [one.minute, one.tenant, one.service, one.severity, one.rollup - one.rows, one.rollupBytes - one.rowBytes].join(
      "\n"
    )
  let differences = yield* rollupDifferences
  for (let look = 1; look < looks && differences.length > 0; look++) {
    yield* Effect.sleep("200 millis")
    const now = new Set((yield* rollupDifferences).map(keyOf))
    differences = differences.filter((one) => now.has(keyOf(one)))
  }
  return differences
})
