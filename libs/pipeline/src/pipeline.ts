// Pipeline: from the text of a pipeline file to the stages that run; the one place where the stage folders meet.
import { type ConfigProblem, readYaml } from "@tailrace/config/yaml-file"
import { Effect, Result } from "effect"
import { makeAppendFrame } from "./append-frame.ts"
import type { Catalogues } from "./catalogues.ts"
import { DeduplicateStage, keyColumnOf } from "./deduplicate/deduplicate-stage.ts"
import { messagesOf } from "./parse/messages.ts"
import { ParseStage } from "./parse/parse.ts"
import type { ParseConfig } from "./parse/parse-config.ts"
import { defaultPipeline, type PipelineConfig } from "./pipeline-config.ts"
import { decodePipeline } from "./pipeline-decode.ts"
import { pipelineVersion } from "./pipeline-version.ts"
import { makeSections, problemsBetween, problemsInside } from "./sections.ts"
import type { Deduplicate, PartitionStages } from "./stage.ts"
import { WindowStage } from "./window/window-stage.ts"
import { makeWatch } from "./window-watch.ts"

/** A checked pipeline, ready to be built for any partition. */
export interface Pipeline<S = unknown> {
  readonly config: PipelineConfig
  /** Name and a short hash of the configuration. */
  readonly version: string
  /** What it was read from. */
  readonly text: string
  readonly sinks: ReadonlyArray<S>
  /** Fresh stages with empty state. */
  readonly stagesFor: (partition: number) => Effect.Effect<PartitionStages>
}

/** What a pipeline's text is: a pipeline, or everything that is wrong with it. */
export type PipelineResult<S = unknown> =
  | { readonly pipeline: Pipeline<S> }
  | { readonly problems: ReadonlyArray<ConfigProblem> }

/** Reads, decodes and builds a pipeline from YAML text; the default pipeline when there is no text. */
export const readPipeline = <S>(
  catalogues: Catalogues<S>,
  text: string = defaultPipeline
): Effect.Effect<PipelineResult<S>> =>
  Effect.gen(function* () {
    const file = readYaml(text)
    if (file.problems.length > 0) return { problems: file.problems }
    const decoded = decodePipeline(file.value)
    if (Result.isFailure(decoded)) {
      const problems = [...decoded.failure, ...(yield* problemsInside(file.value, catalogues))].map(file.locate)
      return { problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
    }
    const result = yield* buildPipeline(decoded.success, text, catalogues)
    return "problems" in result ? { problems: result.problems.map(file.locate) } : result
  })

/** Builds everything once to find what is wrong, and again for each partition. */
const buildPipeline = <S>(
  config: PipelineConfig,
  text: string,
  catalogues: Catalogues<S>
): Effect.Effect<PipelineResult<S>> =>
  Effect.gen(function* () {
    const problems: Array<ConfigProblem> = []
    const { detectors, metrics, parse, sinks } = yield* makeSections(config, catalogues, problems)
    const names = metrics.map(({ config: { name } }) => String(name))
    const watched = detectors.map(({ made }) => made.metric)
    problems.push(...problemsBetween(config, names, watched))
    if (problems.length > 0 || Result.isFailure(parse)) return { problems }
    const stagesFor = (partition: number) => buildStages(config, catalogues, parse.success, partition)
    const version = pipelineVersion(config)
    return { pipeline: { config, version, text, sinks: sinks.map(({ made }) => made), stagesFor } }
  })

const buildStages = <S>(
  config: PipelineConfig,
  catalogues: Catalogues<S>,
  parse: ParseConfig,
  partition: number
): Effect.Effect<PartitionStages> =>
  Effect.gen(function* () {
    const made = yield* makeSections(config, { ...catalogues, sinks: [] }, [])
    const rules = made.filter.map((entry) => entry.made)
    const enrichments = made.enrich.map((entry) => entry.made)
    const metrics = made.metrics.map((entry) => entry.made)
    return {
      parse: makeAppendFrame(new ParseStage(parse)),
      messages: ({ header, payload }) => messagesOf(header, payload),
      filter: {
        name: "filter",
        idle: rules.length === 0,
        apply: (batch) => {
          for (const rule of rules) rule.apply(batch)
        }
      },
      enrich: {
        name: "enrich",
        idle: enrichments.length === 0,
        apply: (batch) => {
          for (const enrichment of enrichments) enrichment.apply(batch)
        }
      },
      deduplicate: makeDeduplicate(config),
      watch: makeWatch(new WindowStage(partition, metrics), made.detectors),
      rules: () => rules.map(({ name, matched, dropped }) => ({ name, matched, dropped }))
    }
  })

const makeDeduplicate = (config: PipelineConfig): Deduplicate | undefined => {
  const column = config.deduplicate === undefined ? undefined : keyColumnOf(config.deduplicate.key)
  return config.deduplicate === undefined || column === undefined
    ? undefined
    : new DeduplicateStage(config.deduplicate, column)
}
