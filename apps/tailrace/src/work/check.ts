// Check: reads a pipeline file and tells every problem and where it stands.
import { loadPipeline } from "@tailrace/processor/pipelines"
import { Effect } from "effect"
import { usageFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"

export const run = Effect.fnUntraced(function* (input: { readonly file: string; readonly json: boolean }) {
  const output = yield* Output
  const pipeline = yield* loadPipeline(input.file).pipe(
    Effect.catchTag("PipelineError", (error) => Effect.fail(usageFailure(error.message)))
  )
  const { name } = pipeline.config
  if (input.json || !output.isTerminal)
    yield* output.line(JSON.stringify({ file: input.file, pipeline: name, ok: true }))
  else yield* output.line(`${input.file}: pipeline ${name} is sound`)
})
