// Score: how many lines of the corpora beside the repository are read as they should be; writes docs/quality.md.
import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { root } from "./reference/source-files.ts"
import { DataFolder } from "./score/data-folder.ts"
import { qualityPage, type Scored, summary } from "./score/quality-page.ts"
import { percent, tallies } from "./score/suite.ts"
import { suites } from "./score/suites.ts"

const usage = `npm run score -- [options]

  --data DIR      the corpora (../shared/data beside the repository)
  --split NAME    dev or hidden (dev)
  --only NAME     one suite: ${suites.map(({ name }) => name).join(", ")}
  --problems      says of every failing case what was wanted and what came
  --help          this text

Without --only, --split and --problems the page docs/quality.md is written.`

const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(root, "../shared/data") },
    split: { type: "string", default: "dev" },
    only: { type: "string" },
    problems: { type: "boolean", default: false },
    help: { type: "boolean", default: false }
  }
})

const end = (text: string, code: number): never => {
  console.log(text)
  process.exit(code)
}

if (values.help) end(usage, 0)
const { only, split } = values
if (split !== "dev" && split !== "hidden") end(`--split must be dev or hidden, but is ${split}\n\n${usage}`, 2)
const chosen = suites.filter(({ name }) => only === undefined || name === only)
if (chosen.length === 0) end(`there is no suite ${only}\n\n${usage}`, 2)

const data = new DataFolder(resolve(values.data), split as "dev" | "hidden")
const scored: Array<Scored> = []
for (const suite of chosen) {
  const absent = data.has("") ? suite.needs(data).filter((file) => !data.has(file)) : [data.path]
  const verdicts = absent.length > 0 ? undefined : await suite.run(data)
  scored.push({ suite, verdicts })
  if (verdicts === undefined) {
    console.log(`\n${suite.name}: skipped, there is no ${absent.join(", ")} in ${data.path}`)
    continue
  }
  console.log(`\n${suite.name}: ${suite.asks}`)
  for (const tally of tallies(verdicts)) {
    const failing = verdicts.filter(({ kind, problem }) => kind === tally.kind && problem !== undefined)
    console.log(`  ${tally.kind}: ${tally.passed} of ${tally.cases}, ${percent(tally)} %`)
    if (values.problems) for (const { id, problem } of failing) console.log(`    ${id}: ${problem}`)
    else if (failing.length > 0) console.log(`    not: ${shortList(failing.map(({ id }) => id))}`)
  }
}

console.log("")
for (const [name = "", cases = "", passed = "", share = "", wanted] of summary(scored)) {
  console.log(
    `${name.padEnd(12)} ${passed.padStart(6)} of ${cases.padStart(6)}  ${share.padStart(6)} %  wanted ${wanted} %`
  )
}
if (only === undefined && split === "dev" && !values.problems && data.has(""))
  writeFileSync(join(root, "docs/quality.md"), qualityPage(scored, split))
process.exit(0)

/** The first of many names, and how many more there are. */
function shortList(names: ReadonlyArray<string>): string {
  const shown = names.slice(0, 12).join(", ")
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown
}
