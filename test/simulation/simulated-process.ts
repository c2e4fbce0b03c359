// SimulatedProcess: a processor that is started, killed, stopped for a while, ended in order, and started again.

import { runPartition } from "@tailrace/processor/partition/partition"
import type { Pipeline } from "@tailrace/processor/pipelines"
import { keepBalanced } from "@tailrace/processor/upkeep/balance"
import { beat } from "@tailrace/processor/upkeep/heartbeat"
import { StoredMessages } from "@tailrace/store/recover/stored-messages"
import { Store } from "@tailrace/store/store"
import { Tables } from "@tailrace/store/tables"
import { Broker } from "@tailrace/streams/broker"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health, makeHealth } from "@tailrace/telemetry/health"
import { Metrics, makeMetrics } from "@tailrace/telemetry/metrics"
import { Cause, Clock, Context, Deferred, Effect, Exit, Random, References, Scheduler } from "effect"
import { Life } from "./life.ts"
import type { ModelBroker } from "./model-broker.ts"
import type { ModelBus } from "./model-bus.ts"
import type { ModelFiles } from "./model-files.ts"
import type { ModelSnapshots } from "./model-snapshots.ts"
import type { ModelStore } from "./model-store.ts"
import type { Sabotage } from "./sabotage.ts"
import type { Placement } from "./schedule.ts"
import type { World } from "./world.ts"

/** What all processes of a simulation share. */
export interface Surroundings {
  readonly world: World
  readonly store: ModelStore
  readonly broker: ModelBroker
  readonly snapshots: ModelSnapshots
  /** Where a further sink writes; undefined where the pipeline has none. */
  readonly files: ModelFiles | undefined
  /** Where processes tell their state; undefined where there is nothing to balance. */
  readonly bus: ModelBus | undefined
  readonly partitions: number
  readonly pipeline: Pipeline
  readonly placement: Placement
  readonly sabotage: Sabotage | undefined
  /** Kills that are left for all processes together. */
  killsLeft: number
  kills: number
  stops: number
  handOvers: number
}

type Services = Store | Nats | Publisher | Health | Metrics
type RunningPartition = Effect.Success<ReturnType<typeof runPartition>>

const metrics = makeMetrics({ processMetrics: false })

export class SimulatedProcess {
  /** Undefined between two lives. */
  life: Life | undefined
  readonly name: string
  private stop: (() => void) | undefined
  private running: ReadonlyArray<RunningPartition> = []
  /** Partitions that it has been asked to let go of. */
  private readonly leaving = new Set<number>()
  private ending = false
  private readonly shared: Surroundings

  constructor(name: string, shared: Surroundings) {
    this.name = name
    this.shared = shared
  }

  begin(): void {
    const { shared } = this
    const { world } = shared
    const placement = this.placementOfLife()
    world.note(`a processor starts, ${placement}`)
    const life = new Life(world, () => {
      shared.kills++
      shared.killsLeft--
      this.again()
    })
    if (shared.killsLeft > 0) life.untilKill = world.integer(1, world.random() < 0.5 ? 60 : 300)
    this.life = life
    const stopped = Deferred.makeUnsafe<void>()
    this.stop = () => life.reach(() => Deferred.doneUnsafe(stopped, Effect.void))
    const program = Effect.scoped(Effect.andThen(this.run(life, placement), Deferred.await(stopped))).pipe(
      Random.withSeed(Math.floor(world.random() * 1e9))
    )
    this.fork(life, program).addObserver((exit) => {
      if (!life.alive) return
      life.alive = false
      world.note("the processor stops")
      if (Exit.isFailure(exit)) world.violate(`the processor died: ${Cause.pretty(exit.cause)}`)
      shared.stops++
      this.again()
    })
  }

  /** All partitions, and, where there are several processes, their balance: as the layer of a processor does. */
  private run(life: Life, placement: "fused" | "staged") {
    const { bus, partitions, snapshots, world } = this.shared
    const pipeline = this.pipelineOf(life)
    return Effect.gen({ self: this }, function* () {
      const numbers = Array.from({ length: partitions }, (_, partition) => partition)
      const kept = snapshots.snapshotsOf(life)
      const running = yield* Effect.forEach(numbers, (number) => runPartition(pipeline, placement, number, kept))
      this.running = running
      if (bus === undefined) return
      const runtimes = running.map(({ runtime }) => runtime)
      const own = { instance: this.name, pipeline: pipeline.config.name, placement, reload: null, loadedAt: 0 }
      const process = () => ({ ...own, version: pipeline.version })
      const state = () => {
        const at = world.wall
        return { ...process(), at, partitions: runtimes.map((runtime) => runtime.peek(at)) }
      }
      yield* Effect.forkScoped(beat({ process, partitions: runtimes }))
      yield* keepBalanced({ state, handOver: (partition) => this.stepAside(life, partition) })
    })
  }

  private pipelineOf(life: Life): Pipeline {
    const { files, pipeline, sabotage } = this.shared
    if (files === undefined) return pipeline
    const sink = files.sinkOf(life, this.name, sabotage?.files ?? ((open) => open))
    return { ...pipeline, sinks: [...pipeline.sinks, sink] }
  }

  private stepAside(life: Life, partition: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { broker, sabotage, world } = this.shared
      const stepAside = this.running[partition]?.supervised.stepAside ?? Effect.void
      if (!this.runs(partition)) return stepAside
      this.shared.handOvers++
      world.note(`partition ${partition} is handed over`)
      const unpin = () => broker.leases.unpin(life, partition)
      this.leaving.add(partition)
      const left = Effect.sync(() => this.leaving.delete(partition))
      return Effect.ensuring(sabotage?.handOver?.({ partition, stepAside, unpin }) ?? stepAside, left)
    })
  }

  /** Asks it to let go of a partition. */
  handOver(partition: number): void {
    const { life } = this
    life?.reach(() => this.fork(life, this.stepAside(life, partition)))
  }

  /** Whether a partition's pipeline runs here, and is not about to end. */
  runs(partition: number): boolean {
    if (this.leaving.has(partition)) return false
    return this.running[partition]?.supervised.state().status === "running"
  }

  /** Ends it in order; it starts again unless that was the last time. */
  end(last = false): void {
    this.ending ||= last
    this.stop?.()
  }

  /** Stops it where it is for so many milliseconds. */
  freeze(millis: number): void {
    const { life } = this
    if (life === undefined || life.stoppedSince !== undefined) return
    life.freeze()
    this.shared.world.after(millis, () => life.thaw())
  }

  /** What its pipelines do, and since when. */
  get picture(): string {
    const lives = this.running.map(({ supervised }) => `${supervised.state().status} ${supervised.state().since}`)
    return [...lives, ...this.leaving].join()
  }

  private placementOfLife(): "fused" | "staged" {
    const { placement, world } = this.shared
    if (placement !== "changing") return placement
    return world.random() < 0.5 ? "fused" : "staged"
  }

  private again(): void {
    const { world } = this.shared
    this.life = undefined
    this.running = []
    this.leaving.clear()
    this.stop = undefined
    if (!this.ending) world.after(world.between(100, 3_000), () => this.ending || this.begin())
  }

  private fork<A, E>(life: Life, effect: Effect.Effect<A, E, Services>) {
    return Effect.runForkWith(this.servicesOf(life))(effect, { scheduler: life.scheduler })
  }

  private servicesOf(life: Life): Context.Context<Services> {
    const { bus, sabotage, world } = this.shared
    const tables = this.shared.store.tablesOf(life)
    const storedMessages = this.shared.store.storedMessagesOf(life)
    const broker = this.shared.broker.brokerOf(life)
    const publisher = this.shared.broker.publisherOf(life)
    return Context.make(Store, {} as never).pipe(
      Context.add(Nats, { control: bus?.connectionOf(life) } as never),
      Context.add(Publisher, sabotage?.publisher?.(publisher) ?? publisher),
      Context.add(
        Health,
        makeHealth(() => world.wall)
      ),
      Context.add(Metrics, metrics),
      Context.add(StoredMessages, sabotage?.storedMessages?.(storedMessages) ?? storedMessages),
      Context.add(Tables, sabotage?.tables?.(tables) ?? tables),
      Context.add(Broker, sabotage?.broker?.(broker) ?? broker),
      Context.add(Clock.Clock, life.clock),
      Context.add(Scheduler.Scheduler, life.scheduler),
      Context.add(References.MinimumLogLevel, "None")
    )
  }
}
