// derive: enrichment that computes a field from others by an expression.
import { field, required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { compileQuery } from "../record-query.ts"
import { defineEnrichment, type Enrichment } from "./enrichment.ts"
import { evaluatorOf, textOf } from "./evaluate.ts"
import { parseExpression } from "./expression.ts"
import { FieldWriter } from "./field-writer.ts"

const config = Schema.Struct({
  type: Schema.Literal("derive"),
  field: required(Schema.NonEmptyString, "Field that gets the value."),
  value: required(
    Schema.NonEmptyString,
    "Expression: numbers, 'texts', fields, + - * / % on numbers, || to join texts, parentheses, and the functions " +
      "lower, upper, trim, length, substring, replace, round, coalesce."
  ),
  where: field(Schema.String, "", "Query that picks the records; empty picks all.")
})

/** A record for which the expression has no value (a missing field, no number where one is needed) stays as it is. */
export const derive = defineEnrichment({
  name: "derive",
  summary: "Computes a field from others.",
  config,
  examples: [
    { title: "Seconds", config: { type: "derive", field: "duration_s", value: "duration_ms / 1000" } },
    { title: "One text of two", config: { type: "derive", field: "route", value: "upper(method) || ' ' || path" } }
  ],
  make: Effect.fnUntraced(function* (config) {
    const expression = yield* parseExpression(config.value, "value")
    const evaluator = evaluatorOf(expression)
    const writer = yield* FieldWriter.make(config.field, "field")
    const query = yield* compileQuery(config.where, "where")
    const enrichment: Enrichment = {
      apply: (batch) => {
        const matches = query.bind(batch)
        evaluator.bind(batch)
        writer.bind(batch)
        for (let row = 0; row < batch.length; row++) {
          if (batch.selected[row] === 0 || !matches(batch, row)) continue
          const value = evaluator.value(row)
          if (value !== undefined) writer.writeText(row, textOf(value))
        }
      }
    }
    return enrichment
  })
})
