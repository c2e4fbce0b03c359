// Runs the simulation from the command line: --seeds N, or one --seed N with --log to see every step of it.
import { parseArgs } from "node:util"
import { placementOf, reportOf, runCampaign } from "./campaign.ts"
import { simulate } from "./simulate.ts"
import { simulatedPipeline } from "./simulated-pipeline.ts"

const whole = (name: string, text: string): number => {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  console.error(`--${name} ${text}: must be a whole number`)
  process.exit(2)
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    placement: { type: "string" },
    log: { type: "boolean", default: false }
  }
})
const { placement } = values
if (placement !== undefined && placement !== "fused" && placement !== "staged") {
  console.error(`--placement ${placement}: must be fused or staged`)
  process.exit(2)
}
if (values.seed !== undefined && values.log) {
  const seed = whole("seed", values.seed)
  const result = simulate({ seed, placement: placement ?? placementOf(seed), pipeline: simulatedPipeline(), log: true })
  console.log(result.log.join("\n"))
  console.log(result.problems.length === 0 ? "all promises held" : result.problems.join("\n"))
  process.exitCode = result.problems.length === 0 ? 0 : 1
} else {
  const from = whole("seed", values.seed ?? values.from)
  const seeds = values.seed === undefined ? whole("seeds", values.seeds) : 1
  const totals = runCampaign({ from, seeds, placement })
  const { system, user } = process.cpuUsage()
  console.log(reportOf(totals, (user + system) / 1e6))
  process.exitCode = totals.failures.length === 0 ? 0 : 1
}
