// Runs the simulation from the command line: --seeds N, or one --seed N with --log to see every step of it.
import { parseArgs } from "node:util"
import { placementOf, reportOf, runCampaign } from "./campaign.ts"
import { simulate } from "./simulate.ts"
import { simulatedPipeline } from "./simulated-pipeline.ts"

const usage = `npm run test:simulate -- [flags]

  --seeds N      life stories to run, 1000 by default
  --from N       the first seed, 1 by default
  --seed N       this one alone
  --log          with --seed: every step of it
  --placement P  fused, staged, or changing from life to life; by the seed when left out`

const refuse = (problem: string): never => {
  console.error(`${problem}\n\n${usage}`)
  process.exit(2)
}

const whole = (name: string, text: string): number => {
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse(`--${name} ${text}: must be a whole number`)
}

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        seeds: { type: "string", default: "1000" },
        from: { type: "string", default: "1" },
        seed: { type: "string" },
        placement: { type: "string" },
        log: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false }
      }
    })
  } catch (cause) {
    return refuse((cause as Error).message)
  }
}
const { values } = readFlags()
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const placementGiven = (text: string | undefined) =>
  text === undefined || text === "fused" || text === "staged" || text === "changing"
    ? text
    : refuse(`--placement ${text}: must be fused, staged or changing`)
const placement = placementGiven(values.placement)
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
