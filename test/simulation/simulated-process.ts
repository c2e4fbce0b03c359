// SimulatedProcess: a processor that is started, killed, stopped for a while, ended in order, and started again.
import { runPartition } from "@tailrace/processor/partition"
import type { Pipeline } from "@tailrace/processor/pipeline"
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
import type { ModelSnapshots } from "./model-snapshots.ts"
import type { ModelStore } from "./model-store.ts"
import type { Placement, Sabotage } from "./simulate.ts"
import type { World } from "./world.ts"

/** What all processes of a simulation share. */
export interface Surroundings {
  readonly world: World
  readonly store: ModelStore
  readonly broker: ModelBroker
  readonly snapshots: ModelSnapshots
  readonly pipeline: Pipeline
  readonly placement: Placement
  readonly sabotage: Sabotage | undefined
  /** Kills that are left for all processes together. */
  killsLeft: number
  kills: number
  stops: number
}

const metrics = makeMetrics({ processMetrics: false })

export class SimulatedProcess {
  /** Undefined between two lives. */
  life: Life | undefined
  private stop: (() => void) | undefined
  private stepAside: (() => void) | undefined
  private ending = false
  private readonly shared: Surroundings

  constructor(shared: Surroundings) {
    this.shared = shared
  }

  begin(): void {
    const { shared } = this
    const { pipeline, world } = shared
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
    const snapshots = shared.snapshots.snapshotsOf(life)
    const program = Effect.gen({ self: this }, function* () {
      const { supervised } = yield* runPartition(pipeline, placement, 0, snapshots)
      this.stepAside = () => life.reach(() => void Effect.runFork(supervised.stepAside, { scheduler: life.scheduler }))
      yield* Deferred.await(stopped)
    }).pipe(Effect.scoped, Random.withSeed(Math.floor(world.random() * 1e9)))
    const fibre = Effect.runForkWith(this.servicesOf(life))(program, { scheduler: life.scheduler })
    fibre.addObserver((exit) => {
      if (!life.alive) return
      life.alive = false
      world.note("the processor stops")
      if (Exit.isFailure(exit)) world.violate(`the processor died: ${Cause.pretty(exit.cause)}`)
      shared.stops++
      this.again()
    })
  }

  /** Ends it in order; it starts again unless that was the last time. */
  end(last = false): void {
    this.ending ||= last
    this.stop?.()
  }

  /** Lets go of the partition and gets in line for it again. */
  handOver(): void {
    this.shared.world.note("the processor hands over")
    this.stepAside?.()
  }

  /** Stops it where it is for so many milliseconds. */
  freeze(millis: number): void {
    const { life } = this
    if (life === undefined || life.stoppedSince !== undefined) return
    life.freeze()
    this.shared.world.after(millis, () => life.thaw())
  }

  private placementOfLife(): "fused" | "staged" {
    const { placement, world } = this.shared
    if (placement !== "changing") return placement
    return world.random() < 0.5 ? "fused" : "staged"
  }

  private again(): void {
    const { world } = this.shared
    this.life = undefined
    this.stop = undefined
    this.stepAside = undefined
    if (!this.ending) world.after(world.between(100, 3_000), () => this.ending || this.begin())
  }

  private servicesOf(life: Life) {
    const { sabotage, world } = this.shared
    const tables = this.shared.store.tablesOf(life)
    const broker = this.shared.broker.brokerOf(life)
    const publisher = this.shared.broker.publisherOf(life)
    return Context.make(Store, {} as never).pipe(
      Context.add(Nats, {} as never),
      Context.add(Publisher, sabotage?.publisher?.(publisher) ?? publisher),
      Context.add(
        Health,
        makeHealth(() => world.wall)
      ),
      Context.add(Metrics, metrics),
      Context.add(Tables, sabotage?.tables?.(tables) ?? tables),
      Context.add(Broker, sabotage?.broker?.(broker) ?? broker),
      Context.add(Clock.Clock, life.clock),
      Context.add(Scheduler.Scheduler, life.scheduler),
      Context.add(References.MinimumLogLevel, "None")
    )
  }
}
