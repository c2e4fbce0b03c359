// Config page: the configuration files of the processes, and what the environment may set.
import type { Schema } from "effect"
import { apiConfigurable } from "../../apps/api/src/config.ts"
import { collectorConfigurable } from "../../apps/collector/src/configurable.ts"
import { processorConfigurable } from "../../apps/processor/src/config.ts"
import type { EnvironmentKeys } from "../../libs/config/src/config-file.ts"
import { ParseConfig } from "../../libs/pipeline/src/parse/parse-config.ts"
import { defaultPipeline, PipelineConfig } from "../../libs/pipeline/src/pipeline-config.ts"
import { FrontOptions } from "../../libs/store/src/front/options.ts"
import { fieldTable } from "./field-table.ts"
import { code, page, table } from "./markdown.ts"

const environment = (keys: EnvironmentKeys): string =>
  keys.length === 0
    ? ""
    : [
        "## Environment",
        "A variable wins over the file.",
        table(
          ["variable", "sets"],
          keys.map(([variable, path]) => [code(variable), code(path.join("."))])
        )
      ].join("\n\n")

interface ConfigPage {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly schema: Schema.Constraint
  readonly keys: EnvironmentKeys
}

const pages: ReadonlyArray<ConfigPage> = [
  {
    name: "config-collector",
    title: "Configuration of the collector",
    summary: "One YAML file, the first argument of `apps/collector/src/main.ts`. Unknown keys are refused.",
    ...collectorConfigurable
  },
  {
    name: "config-processor",
    title: "Configuration of the processor",
    summary: "One YAML file, the first argument of `apps/processor/src/main.ts`. Unknown keys are refused.",
    ...processorConfigurable
  },
  {
    name: "config-api",
    title: "Configuration of the api",
    summary: "One YAML file, the first argument of `apps/api/src/main.ts`. Unknown keys are refused.",
    ...apiConfigurable
  },
  {
    name: "config-store-front",
    title: "Options of the store front",
    summary: "Sent by the process that starts it; `tailrace up` sets them from its flags.",
    schema: FrontOptions,
    keys: []
  }
]

/** Pages by file name. */
export const configPages = (): ReadonlyArray<readonly [string, string]> => [
  ...pages.map(
    ({ keys, name, schema, summary, title }) =>
      [`${name}.md`, page(title, summary, fieldTable(schema), ...[environment(keys)].filter(Boolean))] as const
  ),
  [
    "pipeline.md",
    page(
      "The pipeline file",
      "What the processor does with records, in order: parse, filter, enrich, metrics, detectors, sinks; and the pipeline's own tests. Durations are a number and a unit: `ms`, `s`, `m`, `h`, `d`. [pipeline.schema.json](pipeline.schema.json) is its JSON Schema.",
      fieldTable(PipelineConfig),
      "The entries under `filter`, `enrich`, `metrics`, `detectors` and `sinks` each name a `type`: see [filters](filters.md), [enrichments](enrichments.md), [metrics](metrics.md), [detectors](detectors.md) and [sinks](sinks.md).",
      "## parse",
      "See [codecs](codecs.md).",
      fieldTable(ParseConfig),
      "## The default pipeline",
      `\`\`\`yaml\n${defaultPipeline.trimEnd()}\n\`\`\``
    )
  ]
]
