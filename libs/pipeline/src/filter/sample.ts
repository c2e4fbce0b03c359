// sample: filter that keeps a fixed share of the records, chosen by their identity.
import { required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { hashHigh, hashNumbers } from "../byte-hash.ts"
import { compileQuery } from "../record-query.ts"
import { defineFilter, makeRule, ruleName, whereField } from "./filter-rule.ts"

const config = Schema.Struct({
  type: Schema.Literal("sample"),
  name: ruleName,
  rate: required(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    "Share of the picked records to keep, between 0 and 1."
  ),
  where: whereField("Query that picks the records to sample, the others stay; empty picks all.")
})

export const sample = defineFilter({
  name: "sample",
  summary: "Keeps a share of the records; the same records whenever they are read again.",
  config,
  examples: [
    { title: "A tenth of debug", config: { type: "sample", name: "debug-sample", rate: 0.1, where: "level:debug" } }
  ],
  make: (config) =>
    Effect.map(compileQuery(config.where, "where"), (query) => {
      const threshold = config.rate * 2 ** 32
      return makeRule(config.name, (batch) => {
        const matches = query.bind(batch)
        const { sequence, row: rows, partition } = batch
        return (row) => {
          if (!matches(batch, row)) return "pass"
          hashNumbers(sequence[row] as number, rows[row] as number, partition)
          return hashHigh < threshold ? "keep" : "drop"
        }
      })
    })
})
