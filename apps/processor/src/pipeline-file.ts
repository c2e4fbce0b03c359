// PipelineFile: the pipeline of a file as it stands, or everything that is wrong with it, a line each that names the place.
import { readFile } from "node:fs/promises"
import { problemText } from "@tailrace/telemetry/config-decode"
import { fileProblem } from "@tailrace/telemetry/file-problem"
import { Effect, Schema } from "effect"
import { type Pipeline, readPipeline } from "./pipeline.ts"

/** The pipeline file is missing or wrong; the message lists everything that is wrong, a line each. */
class PipelineError extends Schema.TaggedError<PipelineError>()("PipelineError", { message: Schema.String }) {}

export const readPipelineText = (path: string): Effect.Effect<string, PipelineError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new PipelineError({ message: `${path}: cannot be read: ${fileProblem(cause)}` })
  })

/** The pipeline of a text that was read from `path`. */
export const pipelineOf = (path: string, text: string | undefined): Effect.Effect<Pipeline, PipelineError> =>
  Effect.flatMap(readPipeline(text), (result) =>
    "pipeline" in result
      ? Effect.succeed(result.pipeline)
      : new PipelineError({ message: result.problems.map((problem) => `${path}:${problemText(problem)}`).join("\n") })
  )

/** The pipeline of a file, or the default pipeline when no path is given. */
export const loadPipeline = (path: string | undefined): Effect.Effect<Pipeline, PipelineError> =>
  path === undefined
    ? pipelineOf("the default pipeline", undefined)
    : Effect.flatMap(readPipelineText(path), (text) => pipelineOf(path, text))
