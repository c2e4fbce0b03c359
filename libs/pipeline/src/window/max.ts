// max: metric that keeps the largest value of a numeric field.
import { Effect, Schema } from "effect"
import { defineMetric, measuredCells, measuredField, metricFields } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("max"), ...metricFields, field: measuredField })

export const max = defineMetric({
  name: "max",
  summary: "Keeps the largest value of a numeric field.",
  config,
  examples: [
    {
      title: "Slowest request per service",
      config: { type: "max", name: "slowest", field: "duration_ms", by: ["service"] }
    }
  ],
  make: () =>
    Effect.succeed({ makeCells: () => measuredCells(Number.NEGATIVE_INFINITY, Math.max), absentIsZero: false })
})
