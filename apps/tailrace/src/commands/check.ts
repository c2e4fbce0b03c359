// The command check: whether a pipeline file is sound, with every problem and where it stands.
import { loadPipeline } from "@tailrace/processor/pipelines"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { json } from "../endpoints.ts"
import { usageFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"

export const checkCommand = Command.make(
  "check",
  { file: Argument.String("config").pipe(Argument.withDescription("Pipeline file")), json },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const pipeline = yield* loadPipeline(input.file).pipe(
      Effect.catchTag("PipelineError", (error) => Effect.fail(usageFailure(error.message)))
    )
    const { name } = pipeline.config
    if (input.json || !output.isTerminal)
      yield* output.line(JSON.stringify({ file: input.file, pipeline: name, ok: true }))
    else yield* output.line(`${input.file}: pipeline ${name} is sound`)
  })
).pipe(Command.withDescription("Check a pipeline file: every problem with its line"))
