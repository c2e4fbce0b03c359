// Schedule: what one seed has in store: when messages come, which faults there are and how often.
import type { BrokerFaults } from "./model-broker.ts"
import type { StoreFaults } from "./model-store.ts"
import { poisonWords } from "./poison.ts"
import type { World } from "./world.ts"

/** `changing`: each life of a process has one of the other two, whatever the life before had. */
export type Placement = "fused" | "staged" | "changing"

interface Moment {
  readonly at: number
  /** How long, or how far. */
  readonly millis: number
}

export interface Schedule {
  /** How long faults go on; deaths go on until everything is taken, and changes of owners half as long again. */
  readonly millis: number
  readonly messages: ReadonlyArray<number>
  readonly partitions: number
  /** Share of records that some stage, or the store, cannot take. */
  readonly poison: number
  /** What such records say. */
  readonly poisons: ReadonlyArray<string>
  /** From when to when the store refuses what it cannot take; undefined for ever. */
  readonly constraint: { readonly from: number; readonly to: number | undefined }
  /** Dead letters that somebody publishes again. */
  readonly replays: ReadonlyArray<number>
  /** Kills of the processor at some step. */
  readonly kills: number
  /** Ends of the processor in order. */
  readonly stops: ReadonlyArray<number>
  /** Processors with the same partitions. */
  readonly processes: number
  /** Owners that are asked to hand a partition over. */
  readonly handOvers: ReadonlyArray<number>
  /** The broker forgets who is pinned for a partition. */
  readonly forgottenPins: ReadonlyArray<Moment>
  /** A processor is stopped for a while, and another may take over. */
  readonly freezes: ReadonlyArray<Moment>
  readonly storeOutages: ReadonlyArray<Moment>
  readonly brokerOutages: ReadonlyArray<Moment>
  /** The one machine of store, broker and processors has no power. */
  readonly powerFailures: ReadonlyArray<Moment>
  readonly clockJumps: ReadonlyArray<Moment>
  readonly store: StoreFaults
  readonly broker: BrokerFaults
}

const hour = 3_600_000

/** Draws a schedule: some seeds have few kinds of faults, some have all of them at once. */
export const drawSchedule = (world: World): Schedule => {
  const millis = world.between(5_000, 30_000)
  const times = (most: number, until = millis) =>
    Array.from({ length: world.integer(0, most) }, () => world.between(0, until)).sort((a, b) => a - b)
  const moments = (most: number, length: () => number) => times(most).map((at) => ({ at, millis: length() }))
  const likely = <A>(...choices: ReadonlyArray<A>) => choices[world.integer(0, choices.length - 1)] as A
  const partitions = likely(1, 1, 2, 3)
  const busy = world.integer(8, 45)
  return {
    millis,
    partitions,
    poison: likely(0, 0, 0.004, 0.015),
    poisons: Array.from({ length: 3 }, () => likely(...poisonWords)),
    constraint: world.random() < 0.7 ? { from: 0, to: undefined } : { from: times(1)[0] ?? 0, to: times(1)[0] },
    replays: times(3, millis * 1.5),
    messages: Array.from({ length: busy }, () => world.between(0, millis)).sort((a, b) => a - b),
    kills: world.integer(0, 4),
    stops: times(2),
    processes: likely(1, 2),
    handOvers: times(3, millis * 1.5),
    forgottenPins: moments(3, () => world.between(500, 5_000)),
    freezes: moments(4, () => world.between(200, world.random() < 0.5 ? 3_000 : 40_000)),
    storeOutages: moments(2, () => world.between(100, 30_000)),
    brokerOutages: moments(2, () => world.between(100, 10_000)),
    powerFailures: moments(2, () => world.between(500, 10_000)),
    clockJumps: moments(2, () => (world.random() < 0.5 ? -hour : hour)),
    store: {
      refused: likely(0, 0.02, 0.2),
      lost: likely(0, 0.01, 0.1),
      slow: likely(0, 0.02, 0.1),
      killed: likely(0, 0.02, 0.1),
      most: world.integer(0, 4),
      wide: partitions > 1 ? world.integer(0, 4) : 0,
      power: likely(0, 0.5, 1)
    },
    broker: {
      delivery: likely(0, 0.01, 0.1),
      acknowledgement: likely(0, 0.1, 0.5),
      lost: likely(0, 0.01, 0.1),
      full: likely(0, 0, 0.1),
      power: likely(0, 0, 1)
    }
  }
}
