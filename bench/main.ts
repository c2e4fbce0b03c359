// The suite: asks the questions one after the other, each in a process of its own, and prints or writes the answers.
import { fork } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { compare, comparisonTable, failed } from "./instruments/comparison.ts"
import { machine } from "./instruments/machine.ts"
import { withSections } from "./instruments/page.ts"
import {
  entries,
  markdownOf,
  type Question,
  type Recorded,
  type Report,
  type Settings,
  textOf
} from "./instruments/report.ts"
import { questions } from "./questions.ts"
import { regression } from "./regression.ts"

const usage = `npm run bench -- [options]

  --only NAME     ask one question: ${questions.map(({ name }) => name).join(", ")}
  --rate N        events a second where a steady rate is asked for (100000)
  --seconds N     length of each measured window; each question has its own when left out
  --entry NAME    where events enter: ${entries.join(" or ")} (collector)
  --write PATH    write the answers as a page, such as docs/benchmarks.md, and record what --check compares with;
                  with --only the one answer, into the page that is there
  --check         measure what an event costs next to a fixed piece of work, and fail when it is more than was recorded
  --tolerance N   percent more that --check lets pass (25)
  --help          this text`

const self = fileURLToPath(import.meta.url)

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rate: { type: "string", default: "100000" },
    seconds: { type: "string" },
    entry: { type: "string", default: "collector" },
    write: { type: "string" },
    check: { type: "boolean", default: false },
    tolerance: { type: "string", default: "25" },
    help: { type: "boolean", default: false }
  }
})

const refuse = (problem: string): never => {
  console.error(`${problem}\n\n${usage}`)
  process.exit(2)
}

const positive = (name: string, text: string): number => {
  const value = Number(text)
  return value > 0 && Number.isFinite(value) ? value : refuse(`--${name} must be a number above 0, but is ${text}`)
}

const settings: Settings = {
  rate: positive("rate", values.rate),
  seconds: values.seconds === undefined ? undefined : positive("seconds", values.seconds),
  entry: entries.find((entry) => entry === values.entry) ?? refuse(`--entry must be ${entries.join(" or ")}`)
}

/** A question's answer from a process of its own, so that none is judged by code another has warmed or bent. */
const ask = (question: Question, ...more: ReadonlyArray<string>): Promise<Report> =>
  new Promise((resolve, reject) => {
    const child = fork(self, [...process.argv.slice(2), "--only", question.name, ...more])
    child.once("message", (report) => resolve(report as Report))
    child.once("exit", (code) => reject(new Error(`the question ${question.name} ended with code ${code}`)))
  })

/** On a machine that has anything else to do, questions take longer than they should. */
const mostSecondsPerQuestion = 300 + 20 * (settings.seconds ?? 0)

const answerAlone = async (question: Question): Promise<void> => {
  // The suite was ended: exiting ends the processes of the stand as well.
  process.once("disconnect", () => process.exit(1))
  setTimeout(() => {
    console.error(`the question ${question.name} is given up: no answer in time`)
    process.exit(1)
  }, mostSecondsPerQuestion * 1_000).unref()
  const report = await question.answer(settings)
  process.send?.(report, () => process.exit(0))
}

const answerAll = async (asked: ReadonlyArray<Question>): Promise<void> => {
  const began = performance.now()
  const page = [pageHead, markdownOf({ tables: [machine()], notes: [] })]
  for (const question of asked) {
    console.log(`\n${question.name}: ${question.asks}\n`)
    const report = await ask(question)
    console.log(textOf(report))
    page.push(`## ${question.asks}\n\n${markdownOf(report)}`)
    if (values.write !== undefined && report.recorded !== undefined) await record(report.recorded)
  }
  console.log(`\nasked and answered in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
  if (values.write === undefined) return
  const whole = values.only === undefined ? "" : await readFile(values.write, "utf8").catch(() => "")
  await writeFile(values.write, whole === "" ? `${page.join("\n").trimEnd()}\n` : withSections(whole, page.slice(2)))
}

const recordPath = fileURLToPath(new URL("recorded.json", import.meta.url))

const record = (recorded: Recorded): Promise<void> => {
  const ratios = Object.entries(recorded.ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(3))])
  return writeFile(recordPath, `${JSON.stringify({ ...recorded, ratios: Object.fromEntries(ratios) }, null, 2)}\n`)
}

/** Compares with what was recorded, at the recorded rate and entry. */
const check = async (): Promise<void> => {
  const text = await readFile(recordPath, "utf8").catch(() =>
    refuse(
      `nothing is recorded in ${recordPath}, run \`npm run bench -- --write docs/benchmarks.md\` on a quiet machine`
    )
  )
  const recorded = JSON.parse(text) as Recorded
  const report = await ask(regression, "--rate", `${recorded.rate}`, "--entry", recorded.entry)
  const tolerance = positive("tolerance", values.tolerance) / 100
  const compared = compare(recorded.ratios, report.recorded?.ratios ?? {}, tolerance)
  console.log(textOf({ tables: [...report.tables, comparisonTable(compared, tolerance)], notes: report.notes }))
  if (failed(compared)) process.exitCode = 1
}

const pageHead = `# Benchmarks

Written by \`npm run bench -- --write docs/benchmarks.md\`. Generator, collector, broker, processor and store run as
separate processes on the machine below, everything on: acknowledged and fsynced frames, exactly-once inserts, ledger,
rollup view, windows, live tail. CPU per event is the figure to trust; rates and latencies also depend on what else the
machine does. Events are NDJSON of ten fields, about 241 bytes each.
`

const run = async (): Promise<void> => {
  const asked = questions.filter(({ name }) => values.only === undefined || name === values.only)
  if (asked.length === 0) refuse(`no question ${values.only}`)
  if (process.send !== undefined && asked[0] !== undefined) await answerAlone(asked[0])
  else if (values.check) await check()
  else await answerAll(asked)
}

if (values.help) console.log(usage)
else {
  await run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  })
}
