// Campaign: many seeds, one after the other, and what came of them together.
import type { Sabotage } from "./sabotage.ts"
import type { Placement } from "./schedule.ts"
import { simulate } from "./simulate.ts"
import { simulatedPipeline } from "./simulated-pipeline.ts"

export interface CampaignOptions {
  readonly from: number
  readonly seeds: number
  /** Undefined: see `placementOf`. */
  readonly placement?: Placement | undefined
  readonly sabotage?: () => Sabotage
  /** Ends at the first failure. */
  readonly untilFailure?: boolean
}

export interface Failure {
  readonly seed: number
  readonly placement: Placement
  readonly problems: ReadonlyArray<string>
}

export interface Totals {
  readonly seeds: number
  readonly records: number
  readonly events: number
  readonly steps: number
  readonly kills: number
  readonly storeKills: number
  readonly brokerKills: number
  readonly stops: number
  readonly overtaken: number
  readonly handOvers: number
  readonly wideKills: number
  readonly powerFailures: number
  readonly losses: number
  readonly letters: number
  readonly replays: number
  readonly seconds: number
  readonly failures: ReadonlyArray<Failure>
}

const placements = ["fused", "staged", "changing"] as const

/** The placement of a seed that names none: one after the other. */
export const placementOf = (seed: number): Placement => placements[(seed - 1) % placements.length] ?? "fused"

/** How to see one seed again. */
export const replayCommand = ({ placement, seed }: Pick<Failure, "placement" | "seed">): string =>
  `npm run test:simulate -- --seed ${seed} --placement ${placement} --log`

export const runCampaign = (options: CampaignOptions): Totals => {
  const pipeline = simulatedPipeline()
  const totals = {
    seeds: 0,
    records: 0,
    events: 0,
    steps: 0,
    kills: 0,
    storeKills: 0,
    brokerKills: 0,
    stops: 0,
    overtaken: 0,
    handOvers: 0,
    wideKills: 0,
    powerFailures: 0,
    losses: 0,
    letters: 0,
    replays: 0,
    seconds: 0
  }
  const failures: Array<Failure> = []
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const sabotage = options.sabotage?.()
    const placement = options.placement ?? sabotage?.placement ?? placementOf(seed)
    const result = simulate({ seed, placement, pipeline, ...(sabotage === undefined ? {} : { sabotage }) })
    totals.seeds++
    totals.records += result.records
    totals.events += result.events
    totals.steps += result.steps
    totals.kills += result.kills
    totals.storeKills += result.storeKills
    totals.brokerKills += result.brokerKills
    totals.stops += result.stops
    totals.overtaken += result.overtaken
    totals.handOvers += result.handOvers
    totals.wideKills += result.wideKills
    totals.powerFailures += result.powerFailures
    totals.losses += result.losses
    totals.letters += result.letters
    totals.replays += result.replays
    totals.seconds += result.seconds
    if (result.problems.length === 0) continue
    failures.push({ seed, placement, problems: result.problems })
    if (options.untilFailure === true) break
  }
  return { ...totals, failures }
}

/** One line of figures, and for each failure what went wrong and how to see it again. */
export const reportOf = (totals: Totals, cpuSeconds: number): string => {
  const { failures, ...counts } = totals
  const figures = { ...counts, seconds: Math.round(counts.seconds), failed: failures.length }
  const rate = Math.round(counts.seeds / Math.max(cpuSeconds, 0.001))
  const lines = failures.flatMap((failure) => [
    `seed ${failure.seed} (${failure.placement}): ${failure.problems.join("; ")}`,
    `  again: ${replayCommand(failure)}`
  ])
  return [
    ...lines,
    `simulation: ${JSON.stringify(figures)}, ${cpuSeconds.toFixed(1)} s of CPU, ${rate} seeds a second`
  ].join("\n")
}
