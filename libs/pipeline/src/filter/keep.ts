// keep: filter that leaves out the records a query does not pick.
import { required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { compileQuery } from "../record-query.ts"
import { defineFilter, makeRule, ruleName } from "./filter-rule.ts"

const config = Schema.Struct({
  type: Schema.Literal("keep"),
  name: ruleName,
  when: required(Schema.NonEmptyString, "Query that picks the records to keep.")
})

export const keep = defineFilter({
  name: "keep",
  summary: "Keeps the records a query picks and leaves out all others.",
  config,
  examples: [{ title: "Warnings and worse", config: { type: "keep", name: "below-warning", when: "level >= warn" } }],
  make: (config) =>
    Effect.map(compileQuery(config.when, "when"), (query) =>
      makeRule(config.name, (batch) => {
        const matches = query.bind(batch)
        return (row) => (matches(batch, row) ? "keep" : "drop")
      })
    )
})
