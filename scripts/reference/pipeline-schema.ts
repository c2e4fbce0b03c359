// JSON Schema of the pipeline file, with every component's own schema in its place; editors check and complete with it.
import { ParseConfig } from "../../libs/pipeline/src/parse/parse-config.ts"
import { PipelineConfig } from "../../libs/pipeline/src/pipeline-config.ts"
import { type Catalogue, catalogues } from "./catalogues.ts"
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts"

const sections: ReadonlyArray<readonly [string, Catalogue["kind"]]> = [
  ["filter", "filter"],
  ["enrich", "enrichment"],
  ["metrics", "metric"],
  ["detectors", "detector"],
  ["sinks", "sink"]
]

export const pipelineSchema = (): string => {
  const base = jsonSchemaOf(PipelineConfig)
  const properties: Record<string, JsonSchema> = { ...base.properties }
  const keep = (section: string) => {
    const { default: value, description } = properties[section] ?? {}
    return { description, default: value } as JsonSchema
  }
  properties.parse = { ...jsonSchemaOf(ParseConfig), ...keep("parse") }
  for (const [section, kind] of sections) {
    const components = catalogues.find((one) => one.kind === kind)?.components ?? []
    const anyOf = components.map((component) => ({
      title: component.name,
      description: component.summary,
      ...jsonSchemaOf(component.config)
    }))
    properties[section] = { ...keep(section), type: "array", items: { anyOf } }
  }
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tailrace pipeline file",
    ...base,
    properties
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
