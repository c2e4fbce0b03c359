// Reload: what the pipeline file says is checked, compared and swapped in while the pipelines run, or refused.
import type { PipelineState, ReloadState } from "@tailrace/domain/pipeline-state"
import { differences } from "@tailrace/pipeline/pipeline-diff"
import { pipelineOf, readPipelineText } from "@tailrace/pipeline/pipeline-file"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Result } from "effect"
import type { Pipeline } from "../pipelines.ts"
import { catalogues } from "../pipelines.ts"

export interface ReloadOptions {
  readonly path: string
  /** The pipeline that was read from the file at the start. */
  readonly pipeline: Pipeline
  /** Gives all partitions another pipeline; ends when it runs, or will as soon as what is held flows again. */
  readonly swap: (pipeline: Pipeline) => Effect.Effect<void>
}

/**
 * Looks at the file again. Nothing happens when it runs the same as before; what is wrong is said once for each text that
 * is. An empty file starts a process with the defaults, but takes over from nothing: it is what an editor, a copy or a full
 * disk leaves half-way. The placement and the name stay for the life of the process: its streams and saved windows go by them.
 */
export const makeReload = Effect.fnUntraced(function* (options: ReloadOptions) {
  const { path, swap } = options
  const clock = yield* Clock.Clock
  const reloads = (yield* Metrics).counter(
    "tailrace_pipeline_reloads_total",
    "Changed pipeline files, by what came of them",
    ["result"]
  )
  let pipeline = options.pipeline
  let loadedAt = clock.currentTimeMillisUnsafe()
  let reload: ReloadState | null = null
  let seen: string | undefined = options.pipeline.text

  const settle = (accepted: boolean, lines: ReadonlyArray<string>, tookMillis = 0) => {
    reload = { at: clock.currentTimeMillisUnsafe(), accepted, lines, tookMillis }
    reloads.inc({ result: accepted ? "swapped" : "refused" })
  }
  const refuse = (lines: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      settle(false, lines)
      return Effect.logWarning(`the changed pipeline file is refused, the old pipeline goes on:\n${lines.join("\n")}`)
    })
  const accept = Effect.fnUntraced(function* (next: Pipeline) {
    const fixed = immovable(pipeline, next)
    if (fixed.length > 0) return yield* refuse(fixed.map((line) => `${path}: ${line}`))
    if (next.version === pipeline.version) {
      if (reload?.accepted === false) settle(true, ["the file says again what runs"])
      return
    }
    const lines = differences(pipeline.config, next.config)
    pipeline = next
    loadedAt = clock.currentTimeMillisUnsafe()
    const elapsed = elapsedMillis(clock)
    const began = elapsed()
    yield* swap(next)
    settle(true, lines, elapsed() - began)
    yield* Effect.logInfo(`pipeline ${next.version} takes over: ${lines.join("; ")}`)
  })
  const look = Effect.gen(function* () {
    const read = yield* Effect.result(readPipelineText(path))
    const text = Result.isSuccess(read) ? read.success : undefined
    if (text === seen) return
    seen = text
    if (text?.trim() === "") {
      return yield* refuse([
        `${path}: is empty, which would give up every rule, write at least its name if this is meant`
      ])
    }
    yield* Effect.fromResult(read).pipe(
      Effect.flatMap((found) => pipelineOf(catalogues, path, found)),
      Effect.matchEffect({ onSuccess: accept, onFailure: ({ message }) => refuse(message.split("\n")) })
    )
  })
  const state = (): Pick<PipelineState, "version" | "loadedAt" | "reload"> => ({
    version: pipeline.version,
    loadedAt,
    reload
  })
  return { look, state }
})

const immovable = (before: Pipeline, after: Pipeline): ReadonlyArray<string> =>
  (["name", "placement"] as const)
    .filter((key) => before.config[key] !== after.config[key])
    .map((key) => `${key}: cannot change while the process runs, restart it or take back ${String(before.config[key])}`)
