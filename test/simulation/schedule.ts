// Schedule: what one seed has in store: when messages come, which faults there are and how often.
import type { BrokerFaults } from "./model-broker.ts"
import type { StoreFaults } from "./model-store.ts"
import type { World } from "./world.ts"

interface Moment {
  readonly at: number
  /** How long, or how far. */
  readonly millis: number
}

export interface Schedule {
  /** How long faults go on. */
  readonly millis: number
  readonly messages: ReadonlyArray<number>
  /** Kills of the processor at some step. */
  readonly kills: number
  /** Ends of the processor in order. */
  readonly stops: ReadonlyArray<number>
  /** A processor hands the partition over, as it does to one that runs fewer. */
  readonly handOvers: ReadonlyArray<number>
  /** Processors with the same partitions. */
  readonly processes: number
  /** A processor is stopped for a while, and another may take over. */
  readonly freezes: ReadonlyArray<Moment>
  readonly storeOutages: ReadonlyArray<Moment>
  readonly brokerOutages: ReadonlyArray<Moment>
  readonly clockJumps: ReadonlyArray<Moment>
  readonly store: StoreFaults
  readonly broker: BrokerFaults
}

const hour = 3_600_000

/** Draws a schedule: some seeds have few kinds of faults, some have all of them at once. */
export const drawSchedule = (world: World): Schedule => {
  const millis = world.between(5_000, 40_000)
  const times = (most: number) =>
    Array.from({ length: world.integer(0, most) }, () => world.between(0, millis)).sort((a, b) => a - b)
  const moments = (most: number, length: () => number) => times(most).map((at) => ({ at, millis: length() }))
  const likely = (...choices: ReadonlyArray<number>) => choices[world.integer(0, choices.length - 1)] as number
  const busy = world.integer(10, 80)
  return {
    millis,
    messages: Array.from({ length: busy }, () => world.between(0, millis)).sort((a, b) => a - b),
    kills: world.integer(0, 8),
    stops: times(2),
    handOvers: times(3),
    processes: likely(1, 2),
    freezes: moments(4, () => world.between(200, world.random() < 0.5 ? 3_000 : 40_000)),
    storeOutages: moments(2, () => world.between(100, 30_000)),
    brokerOutages: moments(2, () => world.between(100, 10_000)),
    clockJumps: moments(2, () => (world.random() < 0.5 ? -hour : hour)),
    store: {
      refused: likely(0, 0.02, 0.2),
      lost: likely(0, 0.01, 0.1),
      slow: likely(0, 0.02, 0.1),
      killed: likely(0, 0.02, 0.1)
    },
    broker: {
      delivery: likely(0, 0.01, 0.1),
      acknowledgement: likely(0, 0.1, 0.5),
      lost: likely(0, 0.01, 0.1),
      full: likely(0, 0, 0.1)
    }
  }
}
