// JSON Schema of an Effect schema, as the reference reads it.
import { Schema } from "effect"

/** The part of JSON Schema that configuration uses. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly additionalProperties?: boolean | JsonSchema
  readonly $ref?: string
}

/** The schema of what is written in a file, with references resolved and unknown keys refused, as the apps refuse them. */
export const jsonSchemaOf = (schema: Schema.Constraint): JsonSchema => {
  const document = Schema.toJsonSchemaDocument(schema as never, { onExcessProperty: "error" })
  const definitions = document.definitions as Readonly<Record<string, JsonSchema>>
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== "object" || value === null) return value
    const reference = (value as JsonSchema).$ref
    if (typeof reference === "string") {
      const { $ref: _, ...rest } = value as JsonSchema
      return resolve({ ...definitions[reference.split("/").at(-1) as string], ...rest })
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one)]))
  }
  return resolve(document.schema) as JsonSchema
}
