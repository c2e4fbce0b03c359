// Chaos case: a stand under load, one fault, and the promise at the end of it: nothing lost, nothing doubled, all accounted for.
import { existsSync } from "node:fs"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect, it } from "vitest"
import { type Counts, readCounts, storedNow } from "./counts.ts"
import { checkLedger, type LedgerCheck } from "./ledger-check.ts"
import { NumberedRecords } from "./numbered-records.ts"
import { PeakMemory } from "./peak-memory.ts"
import { readyOf, report } from "./report.ts"
import type { Stand } from "./stand/stand.ts"

/** Of every schedule; TAILRACE_SEED sets it. */
export const seed = Number(process.env.TAILRACE_SEED ?? 1)
/** Whether faults take as long, and are as many, as reliability.md says; TAILRACE_LONG sets it. */
export const isLong = (process.env.TAILRACE_LONG ?? "") !== ""

const hour = 3_600_000

/** What a case did besides the numbered records. */
export interface Besides {
  /** Records of other senders that came to an end: acknowledged, published, or refused one by one. */
  readonly acknowledged?: number
  /** How many of them have to end as dead letters. */
  readonly deadLettered?: number
  /** How many of them were refused, by their position in a request that was taken. */
  readonly refused?: number
  /** Milliseconds that each start of everything took. */
  readonly readyMillis?: ReadonlyArray<number>
}

export interface World<S extends Stand> {
  readonly stand: S
  readonly records: NumberedRecords
  readonly random: () => number
  /** The fault ends here, or happened here when it is a kill: recovery is counted from it. */
  readonly over: () => void
  /** Resolves when so many records more have been acknowledged. */
  readonly flow: (records: number) => Promise<void>
}

export interface CaseOptions<S extends Stand> {
  readonly start: () => Promise<S>
  /** Why the case cannot run here; undefined when it can. */
  readonly skip?: string | undefined
  /** Senders over HTTP at once, 2 by default. */
  readonly senders?: number
  /** Milliseconds that each sender rests between two requests, 10 by default: faults are the matter here, not speed. */
  readonly restMillis?: number
  /** Sources over HTTP, 1 by default; as each lies in one partition, several fill several. */
  readonly sources?: number
  /** Whether windows must have counted everything too; true by default. */
  readonly panes?: boolean
  /** Looks at what else holds the records, once the store holds `sent` of them and nothing more comes. */
  readonly besides?: (stand: S, sent: number) => Promise<void>
  readonly timeoutMillis?: number
}

/** Milliseconds that a fault lasts: as given, or with TAILRACE_LONG the seconds that the promise speaks of. */
export const lasting = (millis: number, promisedSeconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, isLong ? promisedSeconds * 1_000 : millis))

/**
 * Registers a test: the stand runs, numbered records flow in over HTTP and by a followed file, `fault` does its worst and
 * lifts it, and then every number is there exactly once, in rows, rollup, windows and ledger; the independent check of the
 * ledger, which shares no count with this, finds no difference either.
 */
export const chaosCase = <S extends Stand>(
  name: string,
  options: CaseOptions<S>,
  fault: (world: World<S>) => Promise<Besides | undefined>
): void => {
  const skip = options.skip ?? (existsSync("/proc/self") ? undefined : "no /proc here")
  const title = skip === undefined ? name : `${name} (skipped: ${skip})`
  const most = (options.timeoutMillis ?? 240_000) + (isLong ? 300_000 : 0)
  // The case gives up before the test does, so that its processes are ended whatever happens.
  it.skipIf(skip !== undefined)(title, { retry: 0, timeout: most + 90_000 }, async () => {
    const stand = await options.start()
    const memory = new PeakMemory(stand)
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`${name} did not end in ${most} ms: ${stand.output()}`)), most)
    try {
      await Promise.race([run(name, stand, memory, options, fault), late])
    } finally {
      clearTimeout(timer)
      memory.stop()
      await stand.remove()
    }
  })
}

const run = async <S extends Stand>(
  name: string,
  stand: S,
  memory: PeakMemory,
  options: CaseOptions<S>,
  fault: (world: World<S>) => Promise<Besides | undefined>
): Promise<void> => {
  const records = load(stand, options)
  try {
    await torment(name, stand, records, memory, options, fault)
  } finally {
    void records.stop().catch(() => undefined)
  }
}

const load = (
  stand: Stand,
  { restMillis = 10, senders = 2, sources = 1 }: Pick<CaseOptions<Stand>, "restMillis" | "senders" | "sources">
): NumberedRecords => {
  const { collector, followed: file } = stand
  const from = Math.floor(Date.now() / hour) * hour - 72 * hour
  return new NumberedRecords({ collector, file, from, senders, restMillis, sources })
}

const torment = async <S extends Stand>(
  name: string,
  stand: S,
  records: NumberedRecords,
  memory: PeakMemory,
  options: CaseOptions<S>,
  fault: (world: World<S>) => Promise<Besides | undefined>
): Promise<void> => {
  const flow = async (more: number): Promise<void> => {
    const wanted = records.acknowledged + more
    await waitFor(
      () => ({ acknowledged: records.acknowledged, failure: records.failure }),
      (seen) => seen.acknowledged >= wanted || seen.failure !== undefined,
      { what: `${more} records more`, everyMillis: 3 }
    )
    if (records.failure !== undefined) throw records.failure
  }
  await flow(500)
  let since = performance.now()
  const over = () => {
    since = performance.now()
  }
  const besides = (await fault({ stand, records, random: seededRandom(seed), over, flow })) ?? {}
  await records.untilTakenSince(since)
  const mark = records.acknowledged
  await waitFor(
    () => storedNow(stand),
    (rows) => rows >= mark,
    { what: `${mark} records stored`, everyMillis: 20, timeoutMillis: 90_000 }
  ).catch((timeout: unknown) => complain(stand, timeout))
  const recovery = performance.now() - since
  await records.stop()
  const counted = records.sent
  const seen = await settled(stand, records, counted, besides, options.panes ?? true)
  memory.stop()
  const check = await checkLedger(stand)
  await options.besides?.(stand, records.sent)
  const { acknowledged, sent } = records
  const { deadLettered, distinct, dropped, numbered, stored } = seen
  report({
    case: name,
    sent,
    acknowledged,
    stored,
    dropped,
    deadLettered,
    doubled: numbered - distinct,
    lost: acknowledged - distinct,
    differences: check.differences.length,
    recovery: Math.round(recovery / 10) / 100,
    ...readyOf(besides.readyMillis ?? []),
    memory: Object.fromEntries(
      Object.entries(memory.peaks).map(([role, bytes]) => [role, Math.round(bytes / 1_048_576)])
    )
  })
  const received = sent + (besides.acknowledged ?? 0)
  const dead = besides.deadLettered ?? 0
  const refused = besides.refused ?? 0
  const kept = received - dead - refused
  expect({ acknowledged, ...seen }).toEqual({
    acknowledged: sent,
    stored: kept,
    numbered: sent,
    distinct: sent,
    rollup: kept,
    panes: (options.panes ?? true) ? counted : seen.panes,
    received,
    accounted: kept,
    dropped: refused,
    deadLettered: dead,
    unbalanced: 0
  } satisfies Counts & { acknowledged: number })
  expect(check).toEqual({
    received,
    stored: kept,
    dropped: refused,
    deduplicated: 0,
    rejected: dead,
    rows: kept,
    rawRecords: received,
    differences: []
  } satisfies LedgerCheck)
}

/** The counts once nothing more comes, whatever they are then. */
const settled = async (
  stand: Stand,
  records: NumberedRecords,
  counted: number,
  besides: Besides,
  panes: boolean
): Promise<Counts> => {
  const { acknowledged: beside = 0, deadLettered = 0, refused = 0 } = besides
  const others = beside - deadLettered - refused
  const read = () => readCounts(stand).catch(() => undefined)
  const untilStored = () =>
    waitFor(read, (now) => now !== undefined && now.distinct >= records.sent && now.stored >= records.sent + others, {
      what: `${records.sent} numbers`,
      everyMillis: 50
    })
  await untilStored().catch((timeout: unknown) => complain(stand, timeout))
  // The closing records move the watermark of both ways in: nothing may come behind them.
  await records.close(6 * hour)
  const last = await waitFor(
    read,
    (now) =>
      now !== undefined &&
      now.distinct >= records.sent &&
      now.received >= records.sent + beside &&
      (!panes || now.panes >= counted),
    { what: `${records.sent} records accounted for`, everyMillis: 50 }
  ).catch((timeout: unknown) => complain(stand, timeout))
  return last ?? readCounts(stand)
}

/** A wait that ended in vain: the counts will say what is wrong, and what was printed may say why. */
const complain = (stand: Stand, timeout: unknown): undefined => {
  console.error(String(timeout), stand.output())
}
