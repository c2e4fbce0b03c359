// Contest: two stands measured in turns in one run, so that a change of the machine meanwhile meets both.

import { pause } from "./children.ts"
import { measureFlatOut } from "./flat-out.ts"
import { type Drained, drain, drainedNote, type Stand, type StandOptions, startStand } from "./stand.ts"
import type { Measured } from "./window.ts"
import { measureWindow } from "./window.ts"

export interface ContestOptions {
  readonly contestants: Readonly<Record<string, StandOptions>>
  /** Events a second of the steady windows; none are measured when left out. */
  readonly rate?: number
  readonly seconds: number
  /** Each contestant has its turn so many times. */
  readonly rounds: number
}

export interface Contestant {
  readonly steady: ReadonlyArray<Measured>
  readonly fastest: ReadonlyArray<Measured>
  readonly drained: Drained
}

/** Figures by contestant, in their order. While one has its turn, the others have nothing to do. */
export const contest = async (options: ContestOptions): Promise<ReadonlyArray<readonly [string, Contestant]>> => {
  const { contestants, rate, rounds, seconds } = options
  const stands = new Map<string, Stand>()
  try {
    for (const [name, stand] of Object.entries(contestants)) stands.set(name, await startStand(stand))
    const steady = new Map<string, Array<Measured>>()
    const fastest = new Map<string, Array<Measured>>()
    const drained = new Map<string, Drained>()
    // Round 0 is for compiling and for the first merges; nobody sees its figures.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, stand] of stands) {
        if (rate !== undefined) {
          stand.generator.rate(rate)
          await pause(1_000)
          const measured = await measureWindow(stand, seconds)
          if (round > 0) steady.set(name, [...(steady.get(name) ?? []), measured])
        }
        const measured = await measureFlatOut(stand, { warmSeconds: 1.5, windows: 1, secondsPerWindow: seconds })
        if (round > 0) fastest.set(name, [...(fastest.get(name) ?? []), ...measured])
        drained.set(name, await drain(stand))
      }
    }
    return [...stands.keys()].map((name) => [
      name,
      {
        steady: steady.get(name) ?? [],
        fastest: fastest.get(name) ?? [],
        drained: drained.get(name) ?? { sent: 0, stored: 0 }
      }
    ])
  } finally {
    for (const stand of stands.values()) await stand.stop()
  }
}

/** What became of everything each was sent, as a note. */
export const contestNote = (contestants: ReadonlyArray<readonly [string, Contestant]>): string =>
  contestants.map(([name, { drained }]) => `${name}: ${drainedNote(drained)}`).join(" ")
