// Test: runs the `tests:` blocks of pipeline files and tells which of them fail.
import { reportText, runTestsAt } from "@tailrace/pipeline/pipeline-tests"
import { catalogues } from "@tailrace/processor/pipelines"
import { Effect } from "effect"
import { usageFailure, workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"

export const run = Effect.fnUntraced(function* (input: { readonly path: string; readonly json: boolean }) {
  const output = yield* Output
  const results = yield* runTestsAt(catalogues, input.path).pipe(
    Effect.catchTag("TestRunnerError", (error) => Effect.fail(usageFailure(error.message)))
  )
  if (input.json) for (const result of results) yield* output.line(JSON.stringify(result))
  else yield* output.line(reportText(results))
  if (results.length === 0)
    return yield* usageFailure(`${input.path} holds no test: add a tests: block to the pipeline`)
  const failed = results.filter(({ problems }) => problems.length > 0).length
  if (failed > 0) return yield* workFailure(`${failed} of ${results.length} tests failed`)
})
