// Balance: processors that share partitions tell each other how many they run; who runs too many hands one over.
import type { PartitionState, PipelineState } from "@tailrace/domain/pipeline-state"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { openStateBoard } from "@tailrace/streams/state"
import { Clock, Effect } from "effect"

/** How often it is looked, and how long the same must have been seen before a partition is handed over. */
const lookMillis = 1_000
const steadyMillis = 3_000
/** A process that has been silent this long may be dead: nothing is handed to it. */
const silentMillis = 2_500
/** How long nothing is handed to a process after a pipeline of it has failed: each try stops the partition for a moment. */
const failedMillis = 60_000

type Counted = Pick<PipelineState, "instance"> & {
  readonly partitions: ReadonlyArray<Pick<PartitionState, "partition" | "status" | "reason">>
}

/** A process that opens its outputs, which may take long while the store is busy, runs the partition already. */
const counted: ReadonlySet<string> = new Set<PartitionState["status"]>(["starting", "running", "holding"])

const runs = ({ partitions }: Counted): number => partitions.filter(({ status }) => counted.has(status)).length

/**
 * The partition that `own` should hand over, if any. Of those that could hand one over only the process that runs most
 * does, of several the first by name, so that one partition moves at a time.
 */
export const partitionToHandOver = (own: Counted, others: ReadonlyArray<Counted>): number | undefined => {
  const partition = surplusOf(own, others)
  if (partition === undefined) return undefined
  const mine = runs(own)
  const isBefore = (other: Counted) => runs(other) > mine || (runs(other) === mine && other.instance < own.instance)
  const all = [own, ...others]
  const isGiving = (other: Counted) =>
    surplusOf(
      other,
      all.filter((one) => one !== other)
    ) !== undefined
  return others.some((other) => isBefore(other) && isGiving(other)) ? undefined : partition
}

/**
 * A partition that another process stands by for which runs at least two fewer, so that they differ by less afterwards.
 * One that cannot finish what it has taken in stays where it is.
 */
const surplusOf = (giver: Counted, others: ReadonlyArray<Counted>): number | undefined => {
  const takers = others.filter((other) => runs(other) + 2 <= runs(giver))
  const standsBy = ({ partitions }: Counted, partition: number) =>
    partitions.some((one) => one.partition === partition && one.status === "standby")
  return giver.partitions
    .filter(({ status, reason }) => status === "running" && reason === "")
    .map(({ partition }) => partition)
    .findLast((partition) => takers.some((taker) => standsBy(taker, partition)))
}

/** Which processes have had a pipeline fail lately, as their counts of restarts tell. */
export class LateFailures {
  private readonly restarts = new Map<string, number>()
  private readonly failedAt = new Map<string, number>()

  /** Takes in a state heard at `now`, in milliseconds. The first one of a process tells nothing of when it failed. */
  note({ instance, partitions }: HasRestarts, now: number): void {
    const restarts = partitions.reduce((sum, one) => sum + one.restarts, 0)
    if (restarts > (this.restarts.get(instance) ?? Number.POSITIVE_INFINITY)) this.failedAt.set(instance, now)
    this.restarts.set(instance, restarts)
  }

  has(instance: string, now: number): boolean {
    return now - (this.failedAt.get(instance) ?? Number.NEGATIVE_INFINITY) < failedMillis
  }

  /** The process has gone; another of its name begins anew. */
  forget(instance: string): void {
    this.restarts.delete(instance)
    this.failedAt.delete(instance)
  }
}

type HasRestarts = Pick<PipelineState, "instance"> & {
  readonly partitions: ReadonlyArray<Pick<PartitionState, "restarts">>
}

export interface BalanceOptions {
  readonly state: () => PipelineState
  /** Ends when this process has let go of the partition. */
  readonly handOver: (partition: number) => Effect.Effect<void>
}

/** Watches the states of all processors for the life of the scope and hands over when another one has room. */
export const keepBalanced = Effect.fnUntraced(function* ({ state, handOver }: BalanceOptions) {
  const now = elapsedMillis(yield* Clock.Clock)
  const heardAt = new Map<string, number>()
  const failures = new LateFailures()
  const board = yield* openStateBoard((heard) => {
    heardAt.set(heard.instance, now())
    failures.note(heard, now())
  })
  let picture = ""
  let since = now()
  const look = Effect.suspend(() => {
    for (const [instance, at] of heardAt) {
      if (now() - at <= silentMillis) continue
      heardAt.delete(instance)
      failures.forget(instance)
    }
    const own = state()
    const isCandidate = ({ instance }: PipelineState) =>
      instance !== own.instance && heardAt.has(instance) && !failures.has(instance, now())
    const others = board.states().filter(isCandidate)
    const seen = [own, ...others].map((one) => `${one.instance}: ${one.partitions.map(({ status }) => status)}`).join()
    if (seen !== picture) {
      picture = seen
      since = now()
    }
    if (now() - since < steadyMillis) return Effect.void
    const partition = partitionToHandOver(own, others)
    if (partition === undefined) return Effect.void
    since = now()
    return Effect.andThen(
      Effect.logInfo(`partition ${partition} is handed over: another processor runs fewer`),
      handOver(partition)
    )
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookMillis), look)))
})
