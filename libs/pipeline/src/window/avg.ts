// avg: metric that averages a numeric field.
import { Effect, Schema } from "effect"
import { defineMetric, measuredCells, measuredField, metricFields } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("avg"), ...metricFields, field: measuredField })

export const avg = defineMetric({
  name: "avg",
  summary: "Averages a numeric field.",
  config,
  examples: [
    {
      title: "Mean duration per service",
      config: { type: "avg", name: "mean_duration", field: "duration_ms", by: ["service"] }
    }
  ],
  make: () =>
    Effect.succeed({
      makeCells: () =>
        measuredCells(
          0,
          (sum, measured) => sum + measured,
          (sum, count) => sum / count
        ),
      absentIsZero: false
    })
})
