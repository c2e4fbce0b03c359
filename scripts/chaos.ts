// Chaos: runs the chaos suite with its flags turned into environment, and ends with the table of all cases.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { chaosTable, markOf, type Row, writeTable } from "./chaos/table.ts"

const root = join(import.meta.dirname, "..")
const report = join(root, ".cache", "chaos-report.jsonl")

const usage = `npm run test:chaos -- [flags] [case files]

  --kills N   kills over all kill loops, 20 by default (TAILRACE_KILLS)
  --seed N    of every schedule, 1 by default (TAILRACE_SEED); a failure repeats with its seed
  --long      faults last as long as promised (30 s pauses, 60 s outages) instead of a few seconds (TAILRACE_LONG)
  --write F   puts the table of figures into the file F, between the marks of such a run, when no case failed

Case files are those in test/chaos, such as kill-loop or store-faults; all of them when none is named.`

const refuse = (problem: string): never => {
  console.error(`${problem}\n\n${usage}`)
  process.exit(2)
}

const readFlags = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        kills: { type: "string" },
        seed: { type: "string" },
        long: { type: "boolean" },
        write: { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    })
  } catch (cause) {
    return refuse((cause as Error).message)
  }
}
const { positionals, values } = readFlags()
for (const name of ["kills", "seed"] as const) {
  const given = values[name]
  if (given !== undefined && !/^\d{1,9}$/.test(given)) refuse(`--${name} ${given}: must be a whole number`)
}

/** Where and how busily it ran: recovery takes the longer the more processes want a core. */
const machineAt = (load: number): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}); ${load.toFixed(1)} processes wanted one when it began, ` +
  `${(loadavg()[0] ?? 0).toFixed(1)} when it ended.`

const run = (): number => {
  const [load = 0] = loadavg()
  mkdirSync(join(root, ".cache"), { recursive: true })
  rmSync(report, { force: true })
  const environment = {
    ...process.env,
    TAILRACE_CHAOS_REPORT: report,
    ...(values.kills === undefined ? {} : { TAILRACE_KILLS: values.kills }),
    ...(values.seed === undefined ? {} : { TAILRACE_SEED: values.seed }),
    ...(values.long === true ? { TAILRACE_LONG: "1" } : {})
  }
  const files = positionals.length === 0 ? ["test/chaos"] : positionals.map((name) => `test/chaos/${name}`)
  const { status } = spawnSync("vitest", ["run", ...files], { cwd: root, env: environment, stdio: "inherit" })
  const lines = existsSync(report) ? readFileSync(report, "utf8").split("\n").filter(Boolean) : []
  const rows = lines.map((line) => JSON.parse(line) as Row)
  const machine = machineAt(load)
  console.log(`\n${machine}\n\n${chaosTable(rows)}`)
  const mark = markOf([...(values.long === true ? ["--long"] : []), ...positionals])
  if (status === 0 && values.write !== undefined) writeTable(values.write, mark, machine, rows)
  return status ?? 1
}

if (values.help === true) console.log(usage)
else process.exitCode = run()
