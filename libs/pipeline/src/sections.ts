// Sections: makes what the sections of a pipeline file name, and tells everything that is wrong inside them.

import { decodeWith } from "@tailrace/config/config-decode"
import { type EntryComponent, type Made, type MadeEntry, makeEntry } from "@tailrace/config/make-entry"
import type { ConfigProblem } from "@tailrace/config/yaml-file"
import { Effect, Result } from "effect"
import type { Catalogues } from "./catalogues.ts"
import { keyColumnOf } from "./deduplicate/deduplicate-stage.ts"
import { ParseConfig } from "./parse/parse-config.ts"
import type { PipelineConfig } from "./pipeline-config.ts"
import { compileQuery } from "./record-query.ts"
import type { MetricDefinition } from "./window/metric-definition.ts"
import type { MetricConfig, MetricKind } from "./window/metric-kind.ts"

type Entry = Readonly<Record<string, unknown>>
type Entries = ReadonlyArray<Entry>

type Sections = Readonly<Record<"filter" | "enrich" | "metrics" | "detectors" | "sinks", Entries>> & {
  readonly parse: unknown
}

/** Makes everything of all sections, and notes what is wrong inside each. */
export const makeSections = Effect.fnUntraced(function* <S>(
  sections: Sections,
  catalogues: Catalogues<S>,
  problems: Array<ConfigProblem>
) {
  const parse = decodeWith(ParseConfig, sections.parse, ["parse"])
  if (Result.isFailure(parse)) problems.push(...parse.failure)
  const all = <A>(name: Exclude<keyof Sections, "parse">, make: Maker<A>) =>
    makeAll(make, sections[name], name, problems)
  return {
    parse,
    filter: yield* all("filter", makerOf(catalogues.filter)),
    enrich: yield* all("enrich", makerOf(catalogues.enrich)),
    metrics: yield* all("metrics", metricMakerOf(catalogues.metrics)),
    detectors: yield* all("detectors", makerOf(catalogues.detectors)),
    sinks: yield* all("sinks", makerOf(catalogues.sinks))
  }
})

/** What is wrong inside the sections of a file whose outline is wrong already, so that one look tells everything. */
export const problemsInside = <S>(
  value: unknown,
  catalogues: Catalogues<S>
): Effect.Effect<ReadonlyArray<ConfigProblem>> =>
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
    yield* makeSections(readable, catalogues, problems)
    return problems
  })

/** What is wrong between the sections, each of which is right by itself. */
export const problemsBetween = (
  config: PipelineConfig,
  metrics: ReadonlyArray<string>,
  watched: ReadonlyArray<string>
): ReadonlyArray<ConfigProblem> => {
  const known = metrics.length === 0 ? "none is declared" : `there are ${[...new Set(metrics)].join(", ")}`
  return [
    ...deduplicateProblems(config),
    ...duplicates("filter", config.filter),
    ...duplicates("metrics", config.metrics),
    ...duplicates(
      "sinks",
      config.sinks.map(({ name, type }) => ({ name: name ?? type }))
    ),
    ...watched.flatMap((metric, i) =>
      metrics.includes(metric)
        ? []
        : [{ path: ["detectors", i, "metric"], message: `no metric ${JSON.stringify(metric)}, ${known}` }]
    )
  ]
}

const isEntry = (value: unknown): value is Entry => typeof value === "object" && value !== null && !Array.isArray(value)

type Path = ReadonlyArray<string | number>
type Maker<A> = (entry: Entry, path: Path) => Effect.Effect<Made<MadeEntry<A>>>

const makerOf =
  <A>(catalogue: ReadonlyArray<EntryComponent<A>>): Maker<A> =>
  (entry, path) =>
    makeEntry(catalogue, entry, path)

const metricMakerOf =
  (catalogue: ReadonlyArray<EntryComponent<MetricKind>>): Maker<MetricDefinition> =>
  (entry, path) =>
    Effect.gen(function* () {
      const result = yield* makeEntry(catalogue, entry, path)
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
