// quantiles: metric that keeps quantiles of a numeric field within 1 % of the value.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, measuredField, metricFields } from "./metric-kind.ts"
import { QuantileSketch, type SavedSketch } from "./quantile-sketch.ts"

const config = Schema.Struct({
  type: Schema.Literal("quantiles"),
  ...metricFields,
  field: measuredField,
  quantiles: field(
    Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))).check(Schema.isMinLength(1)),
    [0.5, 0.95, 0.99],
    "Ranks between 0 and 1."
  )
})

export const quantiles = defineMetric({
  name: "quantiles",
  summary: "Keeps quantiles of a numeric field, within 1 % of the value.",
  config,
  examples: [
    {
      title: "Request duration per service",
      config: { type: "quantiles", name: "duration", field: "duration_ms", by: ["service"], quantiles: [0.5, 0.99] }
    }
  ],
  make: (config) => Effect.succeed({ makeCells: () => quantileCells(config.quantiles), absentIsZero: false })
})

const quantileCells = (ranks: ReadonlyArray<number>): Cells => {
  const sketches: Array<QuantileSketch> = []
  return {
    add: (cell, reader, row) => {
      const value = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(value)) return false
      let sketch = sketches[cell]
      if (sketch === undefined) {
        sketch = new QuantileSketch()
        sketches[cell] = sketch
      }
      sketch.add(value)
      return true
    },
    value: (cell) => sketches[cell]?.quantile(0.5) ?? Number.NaN,
    quantiles: (cell) =>
      Object.fromEntries(ranks.map((rank) => [String(rank), sketches[cell]?.quantile(rank) ?? Number.NaN])),
    save: (cell) => sketches[cell]?.save() ?? null,
    load: (cell, saved) => {
      if (saved !== null) sketches[cell] = QuantileSketch.load(saved as SavedSketch)
    }
  }
}
