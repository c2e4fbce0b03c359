// sum: metric that adds up a numeric field.
import { Effect, Schema } from "effect"
import { defineMetric, measuredCells, measuredField, metricFields } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("sum"), ...metricFields, field: measuredField })

export const sum = defineMetric({
  name: "sum",
  summary: "Adds up a numeric field.",
  config,
  examples: [
    { title: "Bytes sent per service", config: { type: "sum", name: "bytes_sent", field: "bytes", by: ["service"] } }
  ],
  make: () =>
    Effect.succeed({ makeCells: () => measuredCells(0, (sum, measured) => sum + measured), absentIsZero: true })
})
