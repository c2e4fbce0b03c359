// The processor as a layer: the pipelines of its partitions, running for the life of the layer.
import { hostname } from "node:os"
import { pid } from "node:process"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { type MigrationError, migrate } from "@tailrace/store/migrations"
import type { StoreError } from "@tailrace/store/store-error"
import { durabilityLevels } from "@tailrace/streams/durability"
import { keepStreams } from "@tailrace/streams/keep-streams"
import { makeSnapshots } from "@tailrace/streams/snapshots"
import { setUpStreams } from "@tailrace/streams/streams-setup"
import { keepTrimmed } from "@tailrace/streams/trim"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import type { ProcessorConfig } from "./config.ts"
import { runPartition } from "./partition/partition.ts"
import type { Pipeline } from "./pipelines.ts"
import { loadPipeline } from "./pipelines.ts"
import { keepBalanced } from "./upkeep/balance.ts"
import { onFileChange } from "./upkeep/file-changes.ts"
import { beat } from "./upkeep/heartbeat.ts"
import { keepDeadLetters } from "./upkeep/keep-dead-letters.ts"
import { watchLedger } from "./upkeep/ledger-watch.ts"
import { makeReload } from "./upkeep/reload.ts"
import { watchStandstill } from "./upkeep/standstill.ts"

/** A running processor. */
export class Processor extends Context.Service<
  Processor,
  {
    readonly pipeline: Pipeline
    readonly placement: "fused" | "staged"
    /** What the pipelines are doing now. */
    readonly state: Effect.Effect<PipelineState>
  }
>()("@tailrace/processor/Processor") {}

const patience = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")])

/** Brings the tables up to date as soon as the store answers: one that is away is waited for, as the broker is. */
const migratePatiently = (health: HealthReporter) =>
  migrate().pipe(
    Effect.tapError((error) =>
      isPassing(error)
        ? Effect.andThen(
            Effect.sync(() => health.live(error.message)),
            Effect.logWarning(`the tables cannot be brought up to date yet: ${error.message}`)
          )
        : Effect.void
    ),
    Effect.retry(($) => $(patience).pipe(Schedule.while(({ input }) => isPassing(input))))
  )

const isPassing = (error: StoreError | MigrationError): boolean =>
  error._tag === "StoreError" && error.consequence === "retry"

/**
 * Runs the configured partitions; the layer is ready when their pipelines are supervised, and its end drains them. With
 * `setUp` it first brings streams and tables up to date.
 */
export const processorLayer = (config: ProcessorConfig) =>
  Layer.effect(
    Processor,
    Effect.gen(function* () {
      const health = (yield* Health).register("processor")
      yield* Effect.addFinalizer(() => Effect.sync(health.remove))
      const pipeline = yield* loadPipeline(config.pipeline)
      const placement = pipeline.config.placement ?? config.placement
      if (config.setUp) {
        const replicas = durabilityLevels[config.durability].replicas
        yield* setUpStreams({ partitions: config.partitions, replicas })
        yield* migratePatiently(health)
        yield* Effect.forkScoped(keepStreams({ partitions: config.partitions, replicas }))
      }
      const snapshots = yield* makeSnapshots()
      const clock = yield* Clock.Clock
      const instance = config.instance ?? `${hostname()}-${pid}`
      const numbers = config.run ?? Array.from({ length: config.partitions }, (_, partition) => partition)
      const running = yield* Effect.forEach(numbers, (partition) =>
        runPartition(pipeline, placement, partition, snapshots)
      )
      const partitions = running.map(({ runtime }) => runtime)
      const name = pipeline.config.name
      yield* keepTrimmed()
      yield* Effect.forkScoped(watchLedger(numbers))
      const { snapshotEvery } = pipeline.config
      yield* Effect.forkScoped(watchStandstill({ partitions, placement, snapshotEvery }))
      yield* keepDeadLetters({ keepMillis: config.deadLetters.keep, maxBytes: config.deadLetters.maxBytes })
      const reload = yield* makeReload({
        path: config.pipeline ?? "",
        pipeline,
        swap: (next) => Effect.forEach(running, ({ swap }) => swap(next), { concurrency: "unbounded", discard: true })
      })
      if (config.pipeline !== undefined) yield* Effect.forkScoped(onFileChange(config.pipeline, reload.look))
      const process = () => ({ instance, pipeline: name, placement, ...reload.state() })
      yield* beat({ process, partitions })
      yield* Effect.logInfo(`pipeline ${name} is ready for partitions ${numbers.join(", ")} (${placement})`)
      const state = (): PipelineState => {
        const at = clock.currentTimeMillisUnsafe()
        return { ...process(), at, partitions: partitions.map((runtime) => runtime.peek(at)) }
      }
      const handOver = (partition: number) => running[numbers.indexOf(partition)]?.supervised.stepAside ?? Effect.void
      yield* keepBalanced({ state, handOver })
      health.ready()
      return { pipeline, placement, state: Effect.sync(state) }
    })
  )
