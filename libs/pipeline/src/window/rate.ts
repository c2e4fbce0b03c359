// rate: metric that counts records per second.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, metricFields, noQuantiles } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("rate"), ...metricFields })

export const rate = defineMetric({
  name: "rate",
  summary: "Counts records per second.",
  config,
  examples: [
    {
      title: "Requests per second and service",
      config: { type: "rate", name: "requests", by: ["service"], size: "10s" }
    }
  ],
  make: (config) => Effect.succeed({ makeCells: () => rateCells(config.size), absentIsZero: true })
})

const rateCells = (size: number): Cells => ({
  add: () => true,
  value: (_cell, count) => count / (size / 1000),
  quantiles: () => noQuantiles,
  save: () => 0,
  load: () => undefined
})
