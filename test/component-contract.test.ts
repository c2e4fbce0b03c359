// Component contract: what every entry of every catalogue keeps, so that configuration, reference and errors can rely on it.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { collectorConfigurable } from "../apps/collector/src/configurable.ts"
import { catalogues as pipelineCatalogues } from "../apps/processor/src/pipelines.ts"
import { problemText } from "../libs/config/src/config-decode.ts"
import { readConfig } from "../libs/config/src/config-file.ts"
import { type PipelineResult, readPipeline } from "../libs/pipeline/src/pipeline.ts"
import { type AnyComponent, type Catalogue, catalogues } from "../scripts/reference/catalogues.ts"
import { fieldRows } from "../scripts/reference/field-table.ts"
import { type JsonSchema, jsonSchemaOf } from "../scripts/reference/json-schema.ts"
import { root } from "../scripts/reference/source-files.ts"

const strict = { onExcessProperty: "error", errors: "all" } as const
const decoderOf = (component: AnyComponent) =>
  Schema.decodeUnknownSync(component.config as unknown as Schema.Decoder<unknown>, strict)

/** Everything an entry breaks of the contract, in words. */
const broken = (component: AnyComponent, catalogue: Catalogue): ReadonlyArray<string> => {
  const { config, examples, name, summary } = component
  const problems: Array<string> = []
  if (component.kind !== catalogue.kind)
    problems.push(`kind is ${component.kind}, the catalogue's is ${catalogue.kind}`)
  if (!/^[a-z][a-z0-9-]*$/.test(name)) problems.push(`name ${JSON.stringify(name)} is no kebab-case word`)
  if (!existsSync(join(root, catalogue.folder, `${name}.ts`))) problems.push(`no file ${catalogue.folder}/${name}.ts`)
  if (!/^[A-Z].*[^.]\.$/s.test(summary)) problems.push("summary is no sentence")
  const schema = jsonSchemaOf(config)
  for (const { description, path } of fieldRows(schema)) {
    if (path !== "type" && !/^[A-Z].*\.$/s.test(description))
      problems.push(`field ${path} is not described in a sentence`)
  }
  const type: JsonSchema | undefined = schema.properties?.type
  if (type !== undefined && JSON.stringify(type.enum) !== JSON.stringify([name])) {
    problems.push(`type takes ${JSON.stringify(type.enum)}, not its name`)
  }
  const decode = decoderOf(component)
  if (examples.length === 0) problems.push("no example")
  for (const example of examples) {
    if (example.title.trim() === "") problems.push("an example has no title")
    problems.push(...refusal(() => decode(example.config), `example ${JSON.stringify(example.title)}`))
  }
  // A default that is no valid value shows when everything that may be left out is left out.
  const least = Object.fromEntries(
    Object.entries((examples[0]?.config ?? {}) as object).filter(([key]) => schema.required?.includes(key))
  )
  problems.push(...refusal(() => decode(least), "defaults"))
  return problems
}

/** A detector's example names a metric that stands elsewhere. */
const problemsOf = (result: PipelineResult): ReadonlyArray<string> =>
  "pipeline" in result ? [] : result.problems.map(problemText).filter((problem) => !/: no metric /.test(problem))

const refusal = (decode: () => unknown, what: string): ReadonlyArray<string> => {
  try {
    decode()
    return []
  } catch (cause) {
    return [`${what} do not decode: ${String(cause)}`]
  }
}

describe.each(catalogues.map((catalogue) => [catalogue.kind, catalogue] as const))(
  "the catalogue of kind %s",
  (_, catalogue) => {
    it.each(catalogue.components.map((component) => [component.name, component] as const))(
      "%s stands in its file, is summed up in a sentence, has every field described, and decodes its examples and defaults",
      (_name, component) => {
        expect(broken(component, catalogue)).toEqual([])
      }
    )

    it("names no component twice", () => {
      const names = catalogue.components.map(({ name }) => name)
      expect(names.length).toBeGreaterThan(0)
      expect(new Set(names).size).toBe(names.length)
    })

    it("has examples that stand in a file the app takes", async () => {
      const texts = catalogue.components.flatMap(({ examples, name }) =>
        examples.flatMap(({ config }) => {
          const file = catalogue.place(name, config as Readonly<Record<string, unknown>>)
          return file === undefined ? [] : [JSON.stringify(file)]
        })
      )
      expect(texts.length).toBeGreaterThan(0)
      for (const text of texts) {
        if (catalogue.kind === "source")
          await Effect.runPromise(readConfig(collectorConfigurable, { name: text, text }, {}))
        else expect(problemsOf(await Effect.runPromise(readPipeline(pipelineCatalogues, text))), text).toEqual([])
      }
    })

    it("lists every component defined in its folder", () => {
      const listed = new Set(catalogue.components.map(({ name }) => name))
      const defined = readdirSync(join(root, catalogue.folder))
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
        .filter((file) => /= define[A-Z]\w*\(\{/.test(readFileSync(join(root, catalogue.folder, file), "utf8")))
        .map((file) => file.slice(0, -".ts".length))
      expect(defined.filter((name) => !listed.has(name))).toEqual([])
    })
  }
)

describe("the contract itself", () => {
  const catalogue = catalogues.find(({ kind }) => kind === "filter") as Catalogue
  const good = catalogue.components[0] as AnyComponent

  it.each<readonly [string, Partial<AnyComponent>, RegExp]>([
    ["a name without a file", { name: "nowhere" }, /no file/],
    ["another kind", { kind: "sink" }, /kind is sink/],
    ["a summary that is no sentence", { summary: "drops things" }, /no sentence/],
    ["no examples", { examples: [] }, /no example/],
    [
      "an example with a key too many",
      { examples: [{ title: "x", config: { ...(good.examples[0]?.config as object), more: 1 } }] },
      /do not decode/
    ],
    [
      "a field without a description",
      { config: Schema.Struct({ type: Schema.Literal("drop"), when: Schema.String }) },
      /field when/
    ],
    ["a type that is not its name", { config: Schema.Struct({ type: Schema.Literal("other") }) }, /not its name/]
  ])("is broken by %s", (_, change, expected) => {
    expect(broken({ ...good, ...change } as AnyComponent, catalogue).join("\n")).toMatch(expected)
  })
})
