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

export interface BalanceOptions {
  readonly state: () => PipelineState
  /** Ends when this process has let go of the partition. */
  readonly handOver: (partition: number) => Effect.Effect<void>
}

/** Watches the states of all processors for the life of the scope and hands over when another one has room. */
export const keepBalanced = Effect.fnUntraced(function* ({ state, handOver }: BalanceOptions) {
  const now = elapsedMillis(yield* Clock.Clock)
  const heardAt = new Map<string, number>()
  const board = yield* openStateBoard(({ instance }) => heardAt.set(instance, now()))
  let picture = ""
  let since = now()
  const look = Effect.suspend(() => {
    for (const [instance, at] of heardAt) if (now() - at > silentMillis) heardAt.delete(instance)
    const own = state()
    const others = board.states().filter(({ instance }) => instance !== own.instance && heardAt.has(instance))
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
