// Contract of the catalogue: names are files, every field is described, examples and defaults decode.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { sourceCatalogue } from "./catalogue.ts"

interface JsonSchema {
  readonly description?: string
  /** Where the description lies when the field is checked. */
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

describe("source catalogue", () => {
  for (const component of sourceCatalogue) {
    it(`${component.name} is a file, has a summary, described fields and examples that decode`, () => {
      assert.isTrue(existsSync(join(import.meta.dirname, `${component.name}.ts`)))
      assert.match(component.summary, /\.$/)
      assert.isAbove(component.examples.length, 0)
      const decode = Schema.decodeUnknownSync(component.config as Schema.ConstraintDecoder<unknown>, {
        onExcessProperty: "error"
      })
      for (const { config } of component.examples) assert.isObject(decode(config))
      const document = Schema.toJsonSchemaDocument(component.config as never)
      const properties = Object.entries((document.schema as JsonSchema).properties ?? {})
      assert.isAbove(properties.length, 0)
      for (const [key, property] of properties) {
        const descriptions = [property, ...(property.allOf ?? [])].map(({ description }) => description)
        assert.isTrue(
          descriptions.some((text) => text !== undefined && text !== ""),
          `${key} is described`
        )
      }
    })
  }
})
