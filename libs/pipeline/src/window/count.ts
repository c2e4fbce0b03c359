// count: metric that counts records.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, metricFields, noQuantiles } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("count"), ...metricFields })

export const count = defineMetric({
  name: "count",
  summary: "Counts records.",
  config,
  examples: [
    {
      title: "Errors per service",
      config: { type: "count", name: "errors", by: ["service"], size: "10s", where: "level >= error" }
    }
  ],
  make: () => Effect.succeed({ makeCells: () => cells, absentIsZero: true })
})

const cells: Cells = {
  add: () => true,
  value: (_cell, count) => count,
  quantiles: () => noQuantiles,
  save: () => 0,
  load: () => undefined
}
