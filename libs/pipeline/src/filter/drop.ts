// drop: filter that leaves out the records a query picks.
import { required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { compileQuery } from "../record-query.ts"
import { defineFilter, makeRule, ruleName } from "./filter-rule.ts"

const config = Schema.Struct({
  type: Schema.Literal("drop"),
  name: ruleName,
  when: required(Schema.NonEmptyString, "Query that picks the records to leave out.")
})

export const drop = defineFilter({
  name: "drop",
  summary: "Leaves out the records a query picks.",
  config,
  examples: [{ title: "No health checks", config: { type: "drop", name: "health-checks", when: "path:/health*" } }],
  make: (config) =>
    Effect.map(compileQuery(config.when, "when"), (query) =>
      makeRule(config.name, (batch) => {
        const matches = query.bind(batch)
        return (row) => (matches(batch, row) ? "drop" : "pass")
      })
    )
})
