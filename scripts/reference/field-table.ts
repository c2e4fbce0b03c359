// Field table: every key of a configuration with its type, default and meaning.
import type { Schema } from "effect"
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts"
import { cell, code, flow, table } from "./markdown.ts"

export interface FieldRow {
  /** Keys from the top, joined by dots; `[]` stands for each item of a list. */
  readonly path: string
  readonly type: string
  readonly default: string
  readonly description: string
}

/** Every key, the nested ones after the one that holds them. */
export const fieldRows = (schema: JsonSchema, prefix = ""): ReadonlyArray<FieldRow> =>
  Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const path = `${prefix}${key}`
    const wanted = schema.required?.includes(key) === true
    const row: FieldRow = {
      path,
      type: typeText(property),
      default: property.default === undefined ? (wanted ? "required" : "") : code(flow(property.default)),
      description: property.description ?? ""
    }
    const inner = property.type === "array" ? property.items : property
    const nested = inner?.properties === undefined ? [] : fieldRows(inner, `${path}${property.items ? "[]" : ""}.`)
    return [row, ...nested]
  })

export const fieldTable = (schema: Schema.Constraint): string => {
  const rows = fieldRows(jsonSchemaOf(schema)).map((row) => [
    code(row.path),
    cell(row.type),
    row.default,
    cell(row.description)
  ])
  return rows.length === 0 ? "No fields." : table(["field", "type", "default", "meaning"], rows)
}

const typeText = (schema: JsonSchema): string => {
  const { anyOf, enum: values, items, type } = schema
  if (values !== undefined) return values.map((value) => code(flow(value))).join(" or ")
  if (anyOf !== undefined) return anyOf.map(typeText).join(" or ")
  if (type === "array") return `list of ${items === undefined ? "values" : typeText(items)}`
  if (type === "integer" || type === "number") return `${type}${boundsText(schema)}`
  if (type === "object") return schema.properties === undefined ? "map" : "section"
  return type ?? "value"
}

const boundsText = (schema: JsonSchema): string => {
  const bounds = [schema, ...(schema.allOf ?? [])]
  const low = bounds.find((one) => one.minimum !== undefined)?.minimum
  const high = bounds.find((one) => one.maximum !== undefined)?.maximum
  const least = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low
  const most = high === undefined || high >= Number.MAX_SAFE_INTEGER ? undefined : high
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`
  if (least !== undefined) return `, at least ${least}`
  const above = bounds.find((one) => one.exclusiveMinimum !== undefined)?.exclusiveMinimum
  if (above !== undefined) return `, above ${above}`
  return most === undefined ? "" : `, at most ${most}`
}
