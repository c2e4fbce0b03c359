// min: metric that keeps the smallest value of a numeric field.
import { Effect, Schema } from "effect"
import { defineMetric, measuredCells, measuredField, metricFields } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("min"), ...metricFields, field: measuredField })

export const min = defineMetric({
  name: "min",
  summary: "Keeps the smallest value of a numeric field.",
  config,
  examples: [
    {
      title: "Fastest request per service",
      config: { type: "min", name: "fastest", field: "duration_ms", by: ["service"] }
    }
  ],
  make: () =>
    Effect.succeed({ makeCells: () => measuredCells(Number.POSITIVE_INFINITY, Math.min), absentIsZero: false })
})
