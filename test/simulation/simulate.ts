// Simulate: one life story of a partition's pipeline from a seed: input, faults, deaths and births, and whether the promises held.

import { runPartition } from "@tailrace/processor/partition"
import type { Pipeline } from "@tailrace/processor/pipeline"
import { Store } from "@tailrace/store/store"
import { Tables, type TablesShape } from "@tailrace/store/tables"
import { Broker, type BrokerShape } from "@tailrace/streams/broker"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health, makeHealth } from "@tailrace/telemetry/health"
import { Metrics, makeMetrics } from "@tailrace/telemetry/metrics"
import { Cause, Clock, Context, Deferred, Effect, Exit, Random, References, Scheduler } from "effect"
import { InputWriter, Truth } from "./input.ts"
import { Life } from "./life.ts"
import { ModelBroker } from "./model-broker.ts"
import { ModelSnapshots } from "./model-snapshots.ts"
import { ModelStore } from "./model-store.ts"
import { AcknowledgementWatch, brokenPromises, type Outputs } from "./promises.ts"
import { drawSchedule } from "./schedule.ts"
import { World } from "./world.ts"

export type Placement = "fused" | "staged"

/** A mistake put in on purpose, to see that the simulation finds it. */
export interface Sabotage {
  readonly tables?: (tables: TablesShape) => TablesShape
  readonly broker?: (broker: BrokerShape) => BrokerShape
  readonly pipeline?: (pipeline: Pipeline) => Pipeline
}

export interface SimulationOptions {
  readonly seed: number
  readonly placement: Placement
  readonly pipeline: Pipeline
  readonly sabotage?: Sabotage
  /** Keeps every step in words, for looking at one seed. */
  readonly log?: boolean
}

export interface SimulationResult {
  /** Broken promises, in words; empty when all held. */
  readonly problems: ReadonlyArray<string>
  readonly records: number
  readonly events: number
  readonly steps: number
  /** Deaths of the processor, the store and the broker; and lives that ended in order. */
  readonly kills: number
  readonly storeKills: number
  readonly brokerKills: number
  readonly stops: number
  /** Seconds of the simulated world. */
  readonly seconds: number
  /** Equal for two runs that went the same way, step by step. */
  readonly fingerprint: number
  readonly log: ReadonlyArray<string>
}

/** Everything has to be stored so many milliseconds after the last fault. */
const restMillis = 600_000
/** Within so many milliseconds a process is up and its windows have been told the time. */
const settleMillis = 20_000
const hour = 3_600_000
const metrics = makeMetrics({ processMetrics: false })

class Simulation {
  private readonly world: World
  private readonly store: ModelStore
  private readonly broker: ModelBroker
  private readonly snapshots: ModelSnapshots
  private readonly outputs: Outputs
  private readonly options: SimulationOptions
  private readonly pipeline: Pipeline
  private life: Life | undefined
  private stop: (() => void) | undefined
  private ending = false
  private kills = 0
  private stops = 0
  private killsLeft: number
  private unpublished: number
  private readonly schedule: ReturnType<typeof drawSchedule>

  constructor(options: SimulationOptions) {
    this.options = options
    this.world = new World(options.seed, options.log === true)
    this.pipeline = options.sabotage?.pipeline?.(options.pipeline) ?? options.pipeline
    this.schedule = drawSchedule(this.world)
    this.killsLeft = this.schedule.kills
    this.unpublished = this.schedule.messages.length
    this.store = new ModelStore(this.world, this.schedule.store)
    this.broker = new ModelBroker(this.world, this.schedule.broker, (stream, sequence) => {
      const problem = watch.problem(stream, sequence)
      if (problem !== undefined) this.world.violate(problem)
    })
    this.snapshots = new ModelSnapshots(this.broker)
    const key = `windows.${options.pipeline.config.name}.0`
    this.outputs = {
      tables: this.store.tables,
      truth: new Truth(Effect.runSync(options.pipeline.stagesFor(0))),
      stream: (name) => this.broker.stream(name),
      snapshotOffset: () => this.snapshots.offsetOf(key),
      found: this.snapshots.found
    }
    const watch = new AcknowledgementWatch(this.outputs, options.placement === "staged")
  }

  run(): SimulationResult {
    const { outputs, schedule, world } = this
    this.plan()
    this.begin()
    world.runUntil(() => false, schedule.millis)
    world.calm = true
    world.note("the faults are over")
    if (this.allTaken() || world.runUntil(() => this.allTaken(), restMillis)) {
      // Now every window closes by the clock, and the last life ends in order.
      // A life that has just begun counts time from its first look at the clock.
      world.runUntil(() => false, settleMillis)
      world.jumpWall(10 * hour)
      world.runUntil(() => this.allClosed(), 60_000)
      this.ending = true
      this.stop?.()
      world.runUntil(() => this.life === undefined, 60_000)
    } else if (world.violations.length === 0) {
      world.violate(`ten minutes after the last fault the ledger reaches to ${outputs.tables.ledgerThrough}`)
    }
    const problems = world.violations.length > 0 ? world.violations : brokenPromises(outputs)
    this.life?.kill()
    return {
      problems,
      records: outputs.truth.records,
      events: world.events,
      steps: world.steps,
      kills: this.kills,
      storeKills: this.store.kills,
      brokerKills: this.broker.kills,
      stops: this.stops,
      seconds: world.elapsed / 1_000,
      fingerprint: world.fingerprint,
      log: world.log
    }
  }

  /** Puts input and faults into the world's queue. */
  private plan(): void {
    const { broker, outputs, schedule, store, world } = this
    const raw = broker.stream("raw")
    const writer = new InputWriter(world)
    const publish = () => {
      if (!broker.isUp) return void world.after(500, publish)
      this.unpublished--
      raw.append(writer.next())
      outputs.truth.add(raw.messages[raw.lastSequence - 1] as (typeof raw.messages)[number])
    }
    for (const at of schedule.messages) world.after(at, publish)
    for (const { at, millis } of schedule.storeOutages) world.after(at, () => store.kill(millis))
    for (const { at, millis } of schedule.brokerOutages) world.after(at, () => broker.kill(millis))
    for (const { at, millis } of schedule.clockJumps) world.after(at, () => world.jumpWall(millis))
    for (const at of schedule.stops) world.after(at, () => this.stop?.())
  }

  private allTaken(): boolean {
    const last = this.broker.stream("raw").lastSequence
    if (this.unpublished > 0) return false
    return this.store.tables.ledgerThrough >= last && this.outputs.snapshotOffset() >= last
  }

  private allClosed(): boolean {
    return this.store.tables.panesOf("patient") >= this.outputs.truth.minutes.size
  }

  private again(): void {
    this.life = undefined
    this.stop = undefined
    if (!this.ending) this.world.after(this.world.between(100, 3_000), () => this.begin())
  }

  /** A process starts. */
  private begin(): void {
    const { world } = this
    world.note("a processor starts")
    if (this.killsLeft > 0) world.untilKill = world.integer(1, world.random() < 0.5 ? 60 : 300)
    const life = new Life(world, () => {
      this.kills++
      this.killsLeft--
      this.again()
    })
    this.life = life
    const stopped = Deferred.makeUnsafe<void>()
    this.stop = () => Deferred.doneUnsafe(stopped, Effect.void)
    const snapshots = this.snapshots.snapshotsOf(life)
    const program = Effect.scoped(
      Effect.andThen(runPartition(this.pipeline, this.options.placement, 0, snapshots), Deferred.await(stopped))
    ).pipe(Random.withSeed(Math.floor(world.random() * 1e9)))
    const fibre = Effect.runForkWith(this.servicesOf(life))(program, { scheduler: life.scheduler })
    fibre.addObserver((exit) => {
      if (!life.alive) return
      life.alive = false
      world.note("the processor stops")
      if (Exit.isFailure(exit)) world.violate(`the processor died: ${Cause.pretty(exit.cause)}`)
      this.stops++
      this.again()
    })
  }

  private servicesOf(life: Life) {
    const { sabotage } = this.options
    const tables = this.store.tablesOf(life)
    const broker = this.broker.brokerOf(life)
    return Context.make(Store, {} as never).pipe(
      Context.add(Nats, {} as never),
      Context.add(Publisher, this.broker.publisherOf(life)),
      Context.add(
        Health,
        makeHealth(() => this.world.wall)
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

/** Runs one seed to its end. The same options give the same result, step by step. */
export const simulate = (options: SimulationOptions): SimulationResult => new Simulation(options).run()
