// Standstill: readiness falls for a partition whose messages wait while nobody commits any, and comes back by itself.
import { type ConsumedStream, consumedStreams } from "@tailrace/streams/definitions"
import { watchProgress } from "@tailrace/streams/progress"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import { Effect } from "effect"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"

/** Milliseconds without a commit, besides those that snapshots of windows may take. */
const standstillMillis = 30_000

export interface StandstillOptions {
  readonly partitions: ReadonlyArray<PartitionRuntime>
  readonly placement: "fused" | "staged"
  /** Milliseconds between two snapshots of windows, before which nothing is committed. */
  readonly snapshotEvery: number
  /** Default 30 s. */
  readonly mostMillis?: number
}

/**
 * Watches until interrupted. It goes by the broker's word and not by what this process believes, and also where another
 * process owns the partition or none does: whoever could take it over says that nobody works on it.
 */
export const watchStandstill = Effect.fnUntraced(function* (options: StandstillOptions) {
  const { mostMillis = standstillMillis, partitions, placement, snapshotEvery } = options
  const health = yield* Health
  const reporters = new Map<number, HealthReporter>()
  yield* Effect.addFinalizer(() => Effect.sync(() => reporters.forEach((reporter) => void reporter.remove())))
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const tell = (runtime: PartitionRuntime, reason: string): void => {
    const { partition } = runtime
    const before = runtime.standstill
    runtime.standstill = reason
    if (reason === "") {
      if (before === "") return
      reporters.get(partition)?.remove()
      reporters.delete(partition)
      run(Effect.logInfo(`partition ${partition} commits again`))
      return
    }
    const { status } = runtime.peek(0)
    const words = `partition ${partition}: ${reason} (${status === "standby" ? "another process owns it, or none does" : `here it is ${status}`})`
    const reporter = reporters.get(partition) ?? health.register(`partition.${partition}`)
    reporters.set(partition, reporter)
    reporter.live(words)
    if (before === "") run(Effect.logWarning(words))
  }
  // What staged placement has left between its stages is nobody's to read in fused placement.
  const streams: ReadonlyArray<ConsumedStream> = placement === "fused" ? ["raw"] : consumedStreams
  return yield* watchProgress({
    streams,
    partitions: partitions.map(({ partition }) => partition),
    most: mostMillis + snapshotEvery,
    everyMillis: Math.min(mostMillis / 6, 5_000),
    report: (reasons) => {
      for (const runtime of partitions) tell(runtime, reasons.get(runtime.partition) ?? "")
    }
  })
})
