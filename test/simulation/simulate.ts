// Simulate: one life story of a partition's pipeline from a seed: input, faults, deaths and births, and whether the promises held.

import type { Pipeline } from "@tailrace/processor/pipeline"
import type { TablesShape } from "@tailrace/store/tables"
import type { BrokerShape } from "@tailrace/streams/broker"
import type { PublisherShape } from "@tailrace/streams/publisher"
import { Effect } from "effect"
import { InputWriter, Truth } from "./input.ts"
import { ModelBroker } from "./model-broker.ts"
import { ModelSnapshots } from "./model-snapshots.ts"
import { ModelStore } from "./model-store.ts"
import { AcknowledgementWatch, brokenPromises, type Outputs } from "./promises.ts"
import { drawSchedule } from "./schedule.ts"
import { SimulatedProcess, type Surroundings } from "./simulated-process.ts"
import { World } from "./world.ts"

/** `changing`: each life of a process has one of the other two, whatever the life before had. */
export type Placement = "fused" | "staged" | "changing"

/** A mistake put in on purpose, to see that the simulation finds it. */
export interface Sabotage {
  readonly tables?: (tables: TablesShape) => TablesShape
  readonly broker?: (broker: BrokerShape) => BrokerShape
  readonly publisher?: (publisher: PublisherShape) => PublisherShape
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
  /** Processes that lived on, stopped for a while, when another one took over. */
  readonly overtaken: number
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

class Simulation {
  private readonly world: World
  private readonly store: ModelStore
  private readonly broker: ModelBroker
  private readonly snapshots: ModelSnapshots
  private readonly outputs: Outputs
  private readonly shared: Surroundings
  private readonly processes: ReadonlyArray<SimulatedProcess>
  private unpublished: number
  private readonly schedule: ReturnType<typeof drawSchedule>

  constructor(options: SimulationOptions) {
    const { pipeline, placement, sabotage } = options
    this.world = new World(options.seed, options.log === true)
    this.schedule = drawSchedule(this.world)
    this.unpublished = this.schedule.messages.length
    this.store = new ModelStore(this.world, this.schedule.store)
    this.broker = new ModelBroker(this.world, this.schedule.broker, (stream, sequence) => {
      const problem = watch.problem(stream, sequence)
      if (problem !== undefined) this.world.violate(problem)
    })
    this.snapshots = new ModelSnapshots(this.broker)
    this.shared = {
      world: this.world,
      store: this.store,
      broker: this.broker,
      snapshots: this.snapshots,
      pipeline: sabotage?.pipeline?.(pipeline) ?? pipeline,
      placement,
      sabotage,
      killsLeft: this.schedule.kills,
      kills: 0,
      stops: 0
    }
    this.processes = Array.from({ length: this.schedule.processes }, () => new SimulatedProcess(this.shared))
    const key = `windows.${pipeline.config.name}.0`
    this.outputs = {
      tables: this.store.tables,
      truth: new Truth(Effect.runSync(pipeline.stagesFor(0))),
      stream: (name) => this.broker.stream(name),
      snapshotOffset: () => this.snapshots.offsetOf(key),
      found: this.snapshots.found
    }
    const watch = new AcknowledgementWatch(this.outputs, placement)
  }

  run(): SimulationResult {
    const { outputs, schedule, world } = this
    this.plan()
    for (const process of this.processes) process.begin()
    world.runUntil(() => false, schedule.millis)
    world.calm = true
    for (const { life } of this.processes) life?.thaw()
    world.note("the faults are over")
    if (this.allTaken() || world.runUntil(() => this.allTaken(), restMillis)) {
      // Now every window closes by the clock, and the last life ends in order.
      // A life that has just begun counts time from its first look at the clock.
      world.runUntil(() => false, settleMillis)
      world.jumpWall(10 * hour)
      world.runUntil(() => this.allClosed(), 60_000)
      for (const process of this.processes) process.end(true)
      world.runUntil(() => this.processes.every(({ life }) => life === undefined), 60_000)
    } else if (world.violations.length === 0) {
      world.violate(`ten minutes after the last fault the ledger reaches to ${outputs.tables.ledgerThrough}`)
    }
    const problems = world.violations.length > 0 ? world.violations : brokenPromises(outputs)
    for (const { life } of this.processes) life?.kill()
    return {
      problems,
      records: outputs.truth.records,
      events: world.events,
      steps: world.steps,
      kills: this.shared.kills,
      storeKills: this.store.kills,
      brokerKills: this.broker.kills,
      stops: this.shared.stops,
      overtaken: this.broker.leases.overtaken,
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
    for (const at of schedule.stops) world.after(at, () => this.any().end())
    for (const at of schedule.handOvers) world.after(at, () => this.owner().handOver())
    for (const { at, millis } of schedule.freezes) world.after(at, () => this.owner().freeze(millis))
  }

  private any(): SimulatedProcess {
    return this.processes[this.world.integer(0, this.processes.length - 1)] as SimulatedProcess
  }

  /** A process that owns something, where there is one. */
  private owner(): SimulatedProcess {
    return this.processes.find(({ life }) => this.broker.leases.holds(life)) ?? this.any()
  }

  private allTaken(): boolean {
    const last = this.broker.stream("raw").lastSequence
    if (this.unpublished > 0) return false
    return this.store.tables.ledgerThrough >= last && this.outputs.snapshotOffset() >= last
  }

  private allClosed(): boolean {
    return this.store.tables.panesOf("patient") >= this.outputs.truth.minutes.size
  }
}

/** Runs one seed to its end. The same options give the same result, step by step. */
export const simulate = (options: SimulationOptions): SimulationResult => new Simulation(options).run()
