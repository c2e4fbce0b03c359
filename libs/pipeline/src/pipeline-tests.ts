// Pipeline tests: runs the `tests:` blocks of pipeline files, from input bytes to rows, drops, panes and anomalies.
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { problemText } from "@tailrace/config/config-decode"
import type { Anomaly } from "@tailrace/domain/anomaly"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { Pane } from "@tailrace/domain/pane"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import { Effect, Schema } from "effect"
import { appendWhole } from "./append-frame.ts"
import type { Catalogues } from "./catalogues.ts"
import { type Outcome, problemsOf } from "./expectations.ts"
import { type Pipeline, readPipeline } from "./pipeline.ts"
import type { PipelineTest } from "./pipeline-config.ts"

/** What became of one test; `problems` is empty when it passed. */
export interface TestResult {
  readonly file: string
  readonly test: string
  readonly problems: ReadonlyArray<string>
}

/** The tests cannot be run: nothing to read at the path. */
class TestRunnerError extends Schema.TaggedError<TestRunnerError>()("TestRunnerError", {
  message: Schema.String
}) {}

/** Runs the tests of one pipeline text. A pipeline that is wrong gives one failed result, named "pipeline". */
export const runPipelineTests = <S>(
  catalogues: Catalogues<S>,
  file: string,
  text: string
): Effect.Effect<ReadonlyArray<TestResult>> =>
  Effect.gen(function* () {
    const result = yield* readPipeline(catalogues, text)
    if ("problems" in result) return [{ file, test: "pipeline", problems: result.problems.map(problemText) }]
    const { pipeline } = result
    return yield* Effect.forEach(pipeline.config.tests, (test) =>
      Effect.map(runTest(pipeline, test), (outcome) => ({ file, test: test.name, problems: problemsOf(test, outcome) }))
    )
  })

/** Runs the tests of a file, or of every .yaml and .yml file of a folder and its folders, in order of path. */
export const runTestsAt = Effect.fnUntraced(function* <S>(catalogues: Catalogues<S>, path: string) {
  const files = yield* Effect.tryPromise({
    try: () => pipelineFiles(path),
    catch: (cause) => new TestRunnerError({ message: `cannot read ${path}: ${String(cause)}` })
  })
  const results: Array<TestResult> = []
  for (const [file, text] of files) results.push(...(yield* runPipelineTests(catalogues, file, text)))
  return results as ReadonlyArray<TestResult>
})

/** The results as lines for a person, the count last. */
export const reportText = (results: ReadonlyArray<TestResult>): string => {
  const lines = results.flatMap(({ file, problems, test }) => [
    `${problems.length === 0 ? "ok  " : "FAIL"} ${file}: ${test}`,
    ...problems.map((problem) => `       ${problem}`)
  ])
  const failed = results.filter(({ problems }) => problems.length > 0).length
  return [...lines, `${results.length - failed} passed, ${failed} failed`].join("\n")
}

const pipelineFiles = async (path: string): Promise<ReadonlyArray<readonly [string, string]>> => {
  if (!(await stat(path)).isDirectory()) return [[path, await readFile(path, "utf8")]]
  const names = (await readdir(path, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).sort()
  return Promise.all(names.map(async (name) => [join(path, name), await readFile(join(path, name), "utf8")] as const))
}

/** One batch of all frames through all stages; then the windows still open close. No clock, no broker, no store. */
const runTest = (pipeline: Pipeline, test: PipelineTest): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const stages = yield* pipeline.stagesFor(0)
    const batch = LogBatch.make({ partition: 0 })
    let now = Date.parse(test.now)
    if (Number.isNaN(now)) return { problem: `now: ${JSON.stringify(test.now)} is no ISO 8601 time` }
    test.input.forEach((input, i) => {
      now += input.after
      appendWhole(stages.parse, batch, frameOf(input, i + 1, now))
    })
    stages.filter.apply(batch)
    stages.enrich.apply(batch)
    stages.deduplicate?.apply(batch)
    stages.watch.observe(batch, now)
    stages.watch.finish()
    const { panes, anomalies } = stages.watch.takeFindings()
    return outcomeOf(batch, panes, anomalies)
  })

const frameOf = (input: PipelineTest["input"][number], sequence: number, receivedMillis: number): RawFrame => {
  const { codec, layout, source, tenant } = input
  const header = { layout, codec, receivedMillis, attributes: {}, resource: {} }
  const payload = input.base64 === undefined ? Buffer.from(input.text ?? "") : Buffer.from(input.base64, "base64")
  return { sequence, subject: `logs.raw.0.${tenant}.${source}`, header, payload, storedMillis: receivedMillis }
}

const outcomeOf = (batch: LogBatch, panes: ReadonlyArray<Pane>, anomalies: ReadonlyArray<Anomaly>): Outcome => {
  const rows = []
  for (let row = 0; row < batch.length; row++) if (batch.selected[row] === 1) rows.push(batch.record(row))
  const dropped: Record<string, number> = {}
  for (const frame of batch.frames) {
    for (const [reason, count] of frame.dropped) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  const deduplicated = batch.frames.reduce((sum, frame) => sum + frame.deduplicated, 0)
  return { rows, dropped, deduplicated, panes, anomalies }
}
