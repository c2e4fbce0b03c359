// Simulate: one life story of a pipeline from a seed: input, faults, deaths and births, and whether the promises held.

import type { Pipeline } from "@tailrace/processor/pipelines"
import { AcknowledgementWatch } from "./acknowledgement-watch.ts"
import { InputWriter } from "./input.ts"
import { ModelBroker } from "./model-broker.ts"
import { ModelBus } from "./model-bus.ts"
import { ModelFiles } from "./model-files.ts"
import { ModelSnapshots } from "./model-snapshots.ts"
import { ModelStore } from "./model-store.ts"
import type { StreamMessage } from "./model-stream.ts"
import { brittle } from "./poison.ts"
import { brokenPromises, type Outputs, sureWindows } from "./promises.ts"
import type { Sabotage } from "./sabotage.ts"
import { drawSchedule, type Placement } from "./schedule.ts"
import { SimulatedProcess, type Surroundings } from "./simulated-process.ts"
import { Truth } from "./truth.ts"
import { isTaken, loseUnsynced } from "./unsynced.ts"
import { World } from "./world.ts"

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
  /** Partitions that an owner let go of because it was asked to, or had too many. */
  readonly handOvers: number
  /** Deaths of the store in the middle of several partitions' inserts. */
  readonly wideKills: number
  /** Times the store's machine, or everybody's, lost power. */
  readonly powerFailures: number
  /** Times the raw stream lost messages that a broker had not synced. */
  readonly losses: number
  /** Dead letters, and how many of them were published again. */
  readonly letters: number
  readonly replays: number
  /** Seconds of the simulated world. */
  readonly seconds: number
  /** Equal for two runs that went the same way, step by step. */
  readonly fingerprint: number
  readonly log: ReadonlyArray<string>
}

/** Everything has to be stored so many milliseconds after the last fault. */
const restMillis = 600_000
/** Within so many milliseconds windows have been told the time, and whoever was overtaken knows of it. */
const settleMillis = 5_000
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
  private replays = 0
  private picture = ""
  private pictureSince = 0
  private readonly schedule: ReturnType<typeof drawSchedule>
  private readonly partitions: ReadonlyArray<number>

  constructor(options: SimulationOptions) {
    const { pipeline, placement, sabotage } = options
    this.world = new World(options.seed, options.log === true)
    const { world } = this
    this.schedule = drawSchedule(world)
    const { broker, constraint, kills, messages, partitions, poison, processes, store } = this.schedule
    this.partitions = Array.from({ length: partitions }, (_, partition) => partition)
    this.unpublished = messages.length
    this.store = new ModelStore(world, store)
    sabotage?.store?.(this.store)
    // At staged placement new messages in the places of lost ones that were parsed count as parsed.
    const brokerFaults = placement === "fused" ? broker : { ...broker, power: 0 }
    this.broker = new ModelBroker(
      world,
      brokerFaults,
      (stream, filter, sequence) => {
        const problem = watch.problem(stream, filter, sequence)
        if (problem !== undefined) world.violate(problem)
      },
      () => loseUnsynced(world, this.broker, this.snapshots, this.outputs)
    )
    this.snapshots = new ModelSnapshots(this.broker)
    const up = () => this.broker.isUp
    const used = poison > 0 ? brittle(pipeline) : pipeline
    this.shared = {
      world,
      store: this.store,
      broker: this.broker,
      snapshots: this.snapshots,
      // Every other story has a further sink, unless the broker may lose what waits for it.
      files: options.seed % 2 === 0 && brokerFaults.power === 0 ? new ModelFiles(world) : undefined,
      bus: partitions > 1 && processes > 1 ? new ModelBus(world, up, broker.lost) : undefined,
      partitions,
      pipeline: sabotage?.pipeline?.(used) ?? used,
      placement,
      sabotage,
      killsLeft: kills,
      kills: 0,
      stops: 0,
      handOvers: 0
    }
    this.processes = Array.from({ length: processes }, (_, i) => new SimulatedProcess(`process-${i}`, this.shared))
    this.outputs = {
      tables: this.store.tables,
      truth: new Truth(pipeline.stagesFor, partitions),
      lost: [],
      snapshotsLost: false,
      partitions,
      stagesFor: pipeline.stagesFor,
      stream: (name) => this.broker.stream(name),
      snapshotOffset: (partition) => this.snapshots.offsetOf(`windows.${pipeline.config.name}.${partition}`),
      alwaysConstrained: constraint.from === 0 && constraint.to === undefined,
      found: this.snapshots.found,
      files: this.shared.files
    }
    const watch = new AcknowledgementWatch(this.outputs, placement)
  }

  run(): SimulationResult {
    const { outputs, schedule, world } = this
    this.plan()
    for (const process of this.processes) process.begin()
    world.runUntil(() => false, schedule.millis)
    world.calm = true
    world.note("the faults are over")
    if (this.allTaken() || world.runUntil(() => this.allTaken(), restMillis)) {
      world.quiet = true
      for (const { life } of this.processes) life?.thaw()
      // A life that has just begun counts time from its first look at the clock.
      if (!world.runUntil(() => this.isSteady(), restMillis) && world.violations.length === 0)
        world.violate(`ten minutes later the partitions are run by ${this.owners()}`)
      // Now every window closes by the clock, and the last life ends in order.
      const sure = sureWindows(outputs)
      const closed = () => sure.every((key) => outputs.tables.closed.has(`patient ${key}`))
      // Again for a life that begins now: one that was stopped had saved its windows when this one had read them already.
      for (let jumps = 0; jumps < 3 && !closed() && world.violations.length === 0; jumps++) {
        world.jumpWall(10 * hour)
        world.runUntil(closed, 60_000)
      }
      for (const process of this.processes) process.end(true)
      world.runUntil(() => this.processes.every(({ life }) => life === undefined), 60_000)
    } else if (world.violations.length === 0) {
      const reached = this.partitions.map((partition) => outputs.tables.ledgerThrough(partition))
      const missing = brokenPromises(outputs).slice(0, 3)
      world.violate([`ten minutes after the last fault the ledger reaches to ${reached}`, ...missing].join("; "))
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
      handOvers: this.shared.handOvers,
      wideKills: this.store.wideKills,
      powerFailures: this.store.powerFailures,
      losses: outputs.lost.length,
      letters: outputs.tables.letters.byId.size,
      replays: this.replays,
      seconds: world.elapsed / 1_000,
      fingerprint: world.fingerprint,
      log: world.log
    }
  }

  /** Puts input and faults into the world's queue. */
  private plan(): void {
    const { broker, schedule, store, world } = this
    const writer = new InputWriter(world, schedule)
    const publish = () => {
      if (!broker.isUp) return void world.after(500, publish)
      this.unpublished--
      this.append(writer.next())
    }
    const replay = () => {
      const letters = [...store.tables.letters.byId.values()]
      const letter = letters[world.integer(0, letters.length - 1)]
      if (letter === undefined || !broker.isUp || world.quiet) return
      this.replays++
      this.append(writer.replayed(letter))
    }
    const constrain = (constrained: boolean) => () => {
      store.constrained = constrained
      world.note(`the store ${constrained ? "has a constraint" : "has none any more"}`)
    }
    for (const at of schedule.messages) world.after(at, publish)
    for (const at of schedule.replays) world.after(at, replay)
    world.after(schedule.constraint.from, constrain(true))
    if (schedule.constraint.to !== undefined) world.after(schedule.constraint.to, constrain(false))
    for (const { at, millis } of schedule.storeOutages) world.after(at, () => store.kill(millis))
    for (const { at, millis } of schedule.brokerOutages) world.after(at, () => broker.kill(millis))
    for (const { at, millis } of schedule.powerFailures) world.after(at, () => this.loseAllPower(millis))
    for (const { at, millis } of schedule.clockJumps) world.after(at, () => world.jumpWall(millis))
    for (const at of schedule.stops) world.after(at, () => this.any(this.processes).end())
    for (const at of schedule.handOvers) world.after(at, () => this.handOver(this.any(this.partitions)))
    for (const { at, millis } of schedule.forgottenPins)
      world.after(at, () => broker.leases.forget(this.any(this.partitions), millis))
    for (const { at, millis } of schedule.freezes) world.after(at, () => this.owner().freeze(millis))
  }

  /** Broker and store come back first, as a processor cannot do without; what they had answered was synced. */
  private loseAllPower(millis: number): void {
    if (this.world.quiet) return
    this.store.kill(millis, true)
    this.broker.kill(millis, true)
    for (const { life } of this.processes) life?.kill()
  }

  private append(message: Omit<StreamMessage, "sequence">): void {
    const raw = this.broker.stream("raw")
    const sequence = raw.append(message)
    this.outputs.truth.add(raw.messages[sequence - 1] as StreamMessage)
  }

  private any<A>(choices: ReadonlyArray<A>): A {
    return choices[this.world.integer(0, choices.length - 1)] as A
  }

  /** A process that owns something, where there is one. */
  private owner(): SimulatedProcess {
    return this.processes.find(({ life }) => this.broker.leases.holds(life)) ?? this.any(this.processes)
  }

  private handOver(partition: number): void {
    if (this.world.quiet) return
    this.processes.find((process) => process.runs(partition))?.handOver(partition)
  }

  private allTaken(): boolean {
    if (this.unpublished > 0) return false
    const { files, tables } = this.outputs
    if (files !== undefined && files.rows.size < tables.rowCount) return false
    return this.partitions.every((partition) => isTaken(this.outputs, partition))
  }

  /** Whether the partitions are balanced, and nothing has changed since windows were told the time. */
  private isSteady(): boolean {
    const { elapsed } = this.world
    const picture = this.processes.map((process) => process.picture).join()
    if (picture !== this.picture) {
      this.picture = picture
      this.pictureSince = elapsed
    }
    return elapsed - this.pictureSince >= settleMillis && this.isBalanced()
  }

  /** Whether each partition runs, and, where processes tell each other, none runs two more than another. */
  private isBalanced(): boolean {
    const running = this.owners()
    const { bus, partitions } = this.shared
    if (running.reduce((sum, count) => sum + count, 0) !== partitions) return false
    return bus === undefined || Math.max(...running) - Math.min(...running) < 2
  }

  /** How many partitions each process runs. */
  private owners(): ReadonlyArray<number> {
    return this.processes.map((process) => this.partitions.filter((partition) => process.runs(partition)).length)
  }
}

/** Runs one seed to its end. The same options give the same result, step by step. */
export const simulate = (options: SimulationOptions): SimulationResult => new Simulation(options).run()
