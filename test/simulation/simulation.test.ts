// Simulation: a thousand life stories of a pipeline keep every promise; and a pipeline with a mistake in it is found out.
import { describe, expect, it } from "vitest"
import { placementOf, replayCommand, reportOf, runCampaign } from "./campaign.ts"
import { sabotages } from "./sabotages.ts"
import { simulate } from "./simulate.ts"
import { simulatedPipeline } from "./simulated-pipeline.ts"

/** Seeds within which every sabotage has to be found. */
const enough = 1_000

describe("a simulated pipeline", { retry: 0, timeout: 600_000 }, () => {
  it("keeps every promise over a thousand seeds", () => {
    const before = process.cpuUsage()
    const totals = runCampaign({ from: 1, seeds: 1_000 })
    const { system, user } = process.cpuUsage(before)
    console.log(reportOf(totals, (user + system) / 1e6))
    expect(totals.failures).toEqual([])
    expect(totals.kills).toBeGreaterThan(300)
    expect(totals.storeKills).toBeGreaterThan(300)
    expect(totals.brokerKills).toBeGreaterThan(300)
    expect(totals.overtaken).toBeGreaterThan(50)
    expect(totals.handOvers).toBeGreaterThan(50)
    expect(totals.wideKills).toBeGreaterThan(50)
    expect(totals.powerFailures).toBeGreaterThan(300)
    expect(totals.losses).toBeGreaterThan(10)
    expect(totals.letters).toBeGreaterThan(300)
    expect(totals.replays).toBeGreaterThan(10)
  })

  it.each([4, 5])("goes the same way again, step by step, from seed %i", (seed) => {
    const run = () => simulate({ seed, placement: placementOf(seed), pipeline: simulatedPipeline(), log: true })
    const [first, second] = [run(), run()]
    expect(second).toEqual(first)
    expect(first.steps).toBeGreaterThan(100)
  })

  it.each(Object.entries(sabotages))("is found out when it %s", (_, sabotage) => {
    const { failures } = runCampaign({ from: 1, seeds: enough, sabotage, untilFailure: true })
    expect(failures).toHaveLength(1)
  })

  it("says how to see a failure again", () => {
    const failure = { seed: 7, placement: "staged" as const, problems: ["row 3-1 is lost"] }
    expect(replayCommand(failure)).toBe("npm run test:simulate -- --seed 7 --placement staged --log")
    const totals = { ...runCampaign({ from: 1, seeds: 0 }), failures: [failure] }
    expect(reportOf(totals, 1)).toContain("seed 7 (staged): row 3-1 is lost")
  })
})
