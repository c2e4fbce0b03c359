// PipelineFile: the pipeline of a file as it stands, or everything that is wrong with it, a line each that names the place.
import { readFile } from "node:fs/promises"
import { problemText } from "@tailrace/config/config-decode"
import { fileProblem } from "@tailrace/config/file-problem"
import { Effect, Schema } from "effect"
import type { Catalogues } from "./catalogues.ts"
import { type Pipeline, readPipeline } from "./pipeline.ts"

/** The pipeline file is missing or wrong; the message lists everything that is wrong, a line each. */
export class PipelineError extends Schema.TaggedError<PipelineError>()("PipelineError", { message: Schema.String }) {}

export const readPipelineText = (path: string): Effect.Effect<string, PipelineError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new PipelineError({ message: `${path}: cannot be read: ${fileProblem(cause)}` })
  })

/** The pipeline of a text that was read from `path`. */
export const pipelineOf = <S>(
  catalogues: Catalogues<S>,
  path: string,
  text: string | undefined
): Effect.Effect<Pipeline<S>, PipelineError> =>
  Effect.flatMap(readPipeline(catalogues, text), (result) =>
    "pipeline" in result
      ? Effect.succeed(result.pipeline)
      : new PipelineError({ message: result.problems.map((problem) => `${path}:${problemText(problem)}`).join("\n") })
  )

/** The pipeline of a file, or the default pipeline when no path is given. */
export const loadPipeline = <S>(
  catalogues: Catalogues<S>,
  path: string | undefined
): Effect.Effect<Pipeline<S>, PipelineError> =>
  path === undefined
    ? pipelineOf(catalogues, "the default pipeline", undefined)
    : Effect.flatMap(readPipelineText(path), (text) => pipelineOf(catalogues, path, text))
