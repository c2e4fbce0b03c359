// Pipeline: from a decoded pipeline file to the stages that run; the one place where the stage folders meet.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { Pane } from "@tailrace/domain/pane"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { decodeWith } from "@tailrace/telemetry/config-decode"
import { type ConfigProblem, readYaml } from "@tailrace/telemetry/yaml-file"
import { Effect, Result } from "effect"
import { makeAppendFrame } from "./append-frame.ts"
import { DeduplicateStage, keyColumnOf } from "./deduplicate/deduplicate-stage.ts"
import { detectorCatalogue } from "./detect/catalogue.ts"
import { DetectStage, type SavedDetectors } from "./detect/detect-stage.ts"
import type { Detector } from "./detect/detector.ts"
import { enrichmentCatalogue } from "./enrich/catalogue.ts"
import type { Enrichment } from "./enrich/enrichment.ts"
import { filterCatalogue } from "./filter/catalogue.ts"
import type { FilterRule } from "./filter/filter-rule.ts"
import { messagesOf } from "./parse/messages.ts"
import { ParseStage } from "./parse/parse.ts"
import { ParseConfig } from "./parse/parse-config.ts"
import { defaultPipeline, type PipelineConfig } from "./pipeline-config.ts"
import { decodePipeline, type Made, type MadeEntry, makeEntry } from "./pipeline-decode.ts"
import { pipelineVersion } from "./pipeline-version.ts"
import { compileQuery } from "./record-query.ts"
import type { Sink } from "./sink.ts"
import { sinkCatalogue } from "./sinks/catalogue.ts"
import type { Deduplicate, PartitionStages, Watch } from "./stage.ts"
import { metricCatalogue } from "./window/catalogue.ts"
import type { MetricConfig, MetricKind } from "./window/metric-kind.ts"
import type { MetricDefinition } from "./window/metric-windows.ts"
import { type SavedWindows, WindowStage } from "./window/window-stage.ts"

/** A checked pipeline, ready to be built for any partition. */
export interface Pipeline {
  readonly config: PipelineConfig
  /** Name and a short hash of the configuration. */
  readonly version: string
  /** What it was read from. */
  readonly text: string
  readonly sinks: ReadonlyArray<Sink>
  /** Fresh stages with empty state. */
  readonly stagesFor: (partition: number) => Effect.Effect<PartitionStages>
}

/** What a pipeline's text is: a pipeline, or everything that is wrong with it. */
export type PipelineResult = { readonly pipeline: Pipeline } | { readonly problems: ReadonlyArray<ConfigProblem> }

/** Reads, decodes and builds a pipeline from YAML text; the default pipeline when there is no text. */
export const readPipeline = (text: string = defaultPipeline): Effect.Effect<PipelineResult> =>
  Effect.gen(function* () {
    const file = readYaml(text)
    if (file.problems.length > 0) return { problems: file.problems }
    const decoded = decodePipeline(file.value)
    if (Result.isFailure(decoded)) {
      const problems = [...decoded.failure, ...(yield* problemsInside(file.value))].map(file.locate)
      return { problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
    }
    const result = yield* buildPipeline(decoded.success, text)
    return "problems" in result ? { problems: result.problems.map(file.locate) } : result
  })

type Entry<A> = Effect.Effect<Made<MadeEntry<A>>>
type Entries = ReadonlyArray<Readonly<Record<string, unknown>>>

/** What is wrong inside the sections of a file whose outline is wrong already, so that one look tells everything. */
const problemsInside = (value: unknown): Effect.Effect<ReadonlyArray<ConfigProblem>> =>
  Effect.gen(function* () {
    const problems: Array<ConfigProblem> = []
    const sections = isEntry(value) ? value : {}
    const entriesOf = (name: string): Entries => {
      const found = sections[name]
      return Array.isArray(found) && found.every(isEntry) ? found : []
    }
    const readable: Sections = {
      parse: isEntry(sections.parse) ? sections.parse : {},
      filter: entriesOf("filter"),
      enrich: entriesOf("enrich"),
      metrics: entriesOf("metrics"),
      detectors: entriesOf("detectors"),
      sinks: entriesOf("sinks")
    }
    yield* makeSections(readable, problems)
    return problems
  })

type Sections = Readonly<Record<"filter" | "enrich" | "metrics" | "detectors" | "sinks", Entries>> & {
  readonly parse: unknown
}

/** Makes everything of all sections, and notes what is wrong inside each. */
const makeSections = (sections: Sections, problems: Array<ConfigProblem>) =>
  Effect.gen(function* () {
    const parse = decodeWith(ParseConfig, sections.parse, ["parse"])
    if (Result.isFailure(parse)) problems.push(...parse.failure)
    yield* makeAll(makeFilter, sections.filter, "filter", problems)
    yield* makeAll(makeEnrichment, sections.enrich, "enrich", problems)
    const metrics = yield* makeAll(makeMetric, sections.metrics, "metrics", problems)
    const detectors = yield* makeAll(makeDetector, sections.detectors, "detectors", problems)
    const sinks = yield* makeAll(makeSink, sections.sinks, "sinks", problems)
    return { parse, metrics, detectors, sinks }
  })

const isEntry = (value: unknown): value is Entries[number] =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Builds everything once to find what is wrong, and again for each partition. */
const buildPipeline = (config: PipelineConfig, text: string): Effect.Effect<PipelineResult> =>
  Effect.gen(function* () {
    const problems: Array<ConfigProblem> = []
    const { detectors, metrics, parse, sinks } = yield* makeSections(config, problems)
    problems.push(...deduplicateProblems(config))
    problems.push(...duplicates("filter", config.filter), ...duplicates("metrics", config.metrics))
    const names = new Set(metrics.map(({ config }) => String(config.name)))
    detectors.forEach(({ made }, i) => {
      if (names.has(made.metric)) return
      const known = names.size === 0 ? "none is declared" : `there are ${[...names].join(", ")}`
      problems.push({ path: ["detectors", i, "metric"], message: `no metric ${JSON.stringify(made.metric)}, ${known}` })
    })
    if (problems.length > 0 || Result.isFailure(parse)) return { problems }
    const stagesFor = (partition: number) => buildStages(config, parse.success, partition)
    const version = pipelineVersion(config)
    return { pipeline: { config, version, text, sinks: sinks.map(({ made }) => made), stagesFor } }
  })

const buildStages = (config: PipelineConfig, parse: ParseConfig, partition: number): Effect.Effect<PartitionStages> =>
  Effect.gen(function* () {
    const none: Array<ConfigProblem> = []
    const rules = (yield* makeAll(makeFilter, config.filter, "filter", none)).map(({ made }) => made)
    const enrichments = (yield* makeAll(makeEnrichment, config.enrich, "enrich", none)).map(({ made }) => made)
    const metrics = (yield* makeAll(makeMetric, config.metrics, "metrics", none)).map(({ made }) => made)
    const detectors = yield* makeAll(makeDetector, config.detectors, "detectors", none)
    return {
      parse: makeAppendFrame(new ParseStage(parse)),
      messages: ({ data, headers }) => {
        const { header, payload } = unpackFrame((name) => headers.get(name), data)
        return messagesOf(header, payload)
      },
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
      watch: makeWatch(new WindowStage(partition, metrics), detectors),
      rules: () => rules.map(({ name, matched, dropped }) => ({ name, matched, dropped }))
    }
  })

const makeWatch = (windows: WindowStage, made: ReadonlyArray<MadeEntry<Detector>>): Watch => {
  const detect = new DetectStage(
    made.map(({ made: detector, config, type }, i) => ({
      name: `${i}-${config.name ?? type}`,
      signature: JSON.stringify(config),
      detector
    }))
  )
  let panes: Array<Pane> = []
  let anomalies: Array<Anomaly> = []
  const collect = () => {
    const closed = windows.takeClosed()
    if (closed.length === 0) return
    for (const window of closed) panes.push(...window.panes)
    anomalies.push(...detect.observe(closed))
  }
  return {
    active: windows.metrics.length > 0,
    observe: (batch, now) => {
      windows.observe(batch, now)
      collect()
    },
    tick: (now) => {
      windows.tick(now)
      collect()
    },
    finish: () => {
      windows.finish()
      collect()
    },
    hasFindings: () => panes.length > 0 || anomalies.length > 0,
    takeFindings: () => {
      const findings = { panes, anomalies }
      panes = []
      anomalies = []
      return findings
    },
    save: () => ({ windows: windows.save(), detectors: detect.save() }),
    load: (saved, sequence) => {
      const state = saved as { readonly windows: SavedWindows; readonly detectors: SavedDetectors }
      windows.load(state.windows, sequence)
      detect.load(state.detectors)
    },
    missed: () =>
      windows.metrics.map(({ definition, late, unmeasured }) => ({ metric: definition.config.name, late, unmeasured }))
  }
}

const deduplicateProblems = (config: PipelineConfig): ReadonlyArray<ConfigProblem> => {
  const { deduplicate } = config
  if (deduplicate === undefined) return []
  if (keyColumnOf(deduplicate.key) === undefined) {
    const message = "must be an attribute, resource.<key>, body, trace_id or span_id: a key names one record"
    return [{ path: ["deduplicate", "key"], message }]
  }
  if (config.sinks.some(({ type }) => type === "clickhouse")) return []
  return [
    { path: ["deduplicate"], message: "needs the sink clickhouse: what was stored before is known from its rows" }
  ]
}

const makeDeduplicate = (config: PipelineConfig): Deduplicate | undefined => {
  const column = config.deduplicate === undefined ? undefined : keyColumnOf(config.deduplicate.key)
  return config.deduplicate === undefined || column === undefined
    ? undefined
    : new DeduplicateStage(config.deduplicate, column)
}

type Path = ReadonlyArray<string | number>
type Maker<A> = (entry: Entries[number], path: Path) => Entry<A>

const makeFilter: Maker<FilterRule> = (entry, path) => makeEntry<FilterRule>(filterCatalogue, entry, path)
const makeEnrichment: Maker<Enrichment> = (entry, path) => makeEntry<Enrichment>(enrichmentCatalogue, entry, path)
const makeDetector: Maker<Detector> = (entry, path) => makeEntry<Detector>(detectorCatalogue, entry, path)
const makeSink: Maker<Sink> = (entry, path) => makeEntry<Sink>(sinkCatalogue, entry, path)

const makeMetric: Maker<MetricDefinition> = (entry, path) =>
  Effect.gen(function* () {
    const result = yield* makeEntry<MetricKind>(metricCatalogue, entry, path)
    if ("problems" in result) return result
    const { made: kind, type } = result.value
    const config = result.value.config as unknown as MetricConfig
    if (config.size <= 0) return { problems: [{ path: [...path, "size"], message: "must be longer than 0" }] }
    const query = yield* Effect.result(compileQuery(config.where, "where"))
    if (Result.isFailure(query)) {
      return { problems: [{ path: [...path, query.failure.key], message: query.failure.message }] }
    }
    const where = query.success.all ? undefined : query.success.bind
    const made: MetricDefinition = { type: type as MetricDefinition["type"], config, kind, where }
    return { value: { made, config: result.value.config, type } }
  })

const makeAll = <A>(
  make: Maker<A>,
  entries: Entries,
  section: string,
  problems: Array<ConfigProblem>
): Effect.Effect<Array<MadeEntry<A>>> =>
  Effect.gen(function* () {
    const made: Array<MadeEntry<A>> = []
    for (const [i, entry] of entries.entries()) {
      const result = yield* make(entry, [section, i])
      if ("problems" in result) problems.push(...result.problems)
      else made.push(result.value)
    }
    return made
  })

const duplicates = (section: string, entries: Entries): ReadonlyArray<ConfigProblem> => {
  const seen = new Set<unknown>()
  return entries.flatMap(({ name }, i) => {
    if (name === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    return [{ path: [section, i, "name"], message: `${JSON.stringify(name)} is there twice, names must differ` }]
  })
}
