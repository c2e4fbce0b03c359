// The contract of every component of the processor's catalogues.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { detectorCatalogue } from "./detect/catalogue.ts"
import { enrichmentCatalogue } from "./enrich/catalogue.ts"
import { filterCatalogue } from "./filter/catalogue.ts"
import { sinkCatalogue } from "./sinks/catalogue.ts"
import { metricCatalogue } from "./window/catalogue.ts"

const all = [
  ...filterCatalogue.map((component) => ({ component, folder: "filter" })),
  ...enrichmentCatalogue.map((component) => ({ component, folder: "enrich" })),
  ...metricCatalogue.map((component) => ({ component, folder: "window" })),
  ...detectorCatalogue.map((component) => ({ component, folder: "detect" })),
  ...sinkCatalogue.map((component) => ({ component, folder: "sinks" }))
]

describe.each(all.map((one) => [`${one.folder}/${one.component.name}`, one] as const))(
  "%s",
  (_, { component, folder }) => {
    it("stands in a file of its name", () => {
      expect(existsSync(join(import.meta.dirname, folder, `${component.name}.ts`))).toBe(true)
    })

    it("is summed up in one sentence", () => {
      expect(component.summary).toMatch(/^[A-Z].*\.$/)
    })

    it("decodes its examples under its own type", () => {
      expect(component.examples.length).toBeGreaterThan(0)
      for (const { config } of component.examples) {
        const decode = Schema.decodeUnknownSync(component.config as unknown as Schema.Decoder<unknown>, {
          onExcessProperty: "error"
        })
        expect(decode(config)).toMatchObject({ type: component.name })
      }
    })

    it("describes every field but its type", () => {
      const document = Schema.toJsonSchemaDocument(component.config as never)
      const properties = Object.entries((document.schema as { properties?: Record<string, unknown> }).properties ?? {})
      expect(properties.length).toBeGreaterThan(0)
      for (const [name, property] of properties) {
        if (name !== "type") expect(JSON.stringify(property), name).toContain('"description"')
      }
    })
  }
)
