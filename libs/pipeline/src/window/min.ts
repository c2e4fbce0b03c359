// min: metric that keeps the smallest value of a numeric field.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, measuredField, metricFields, NumberCells, noQuantiles } from "./metric-kind.ts"

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
  make: () => Effect.succeed({ makeCells: minCells, absentIsZero: false })
})

const minCells = (): Cells => {
  const cells = new NumberCells(Number.POSITIVE_INFINITY)
  return {
    add: (cell, reader, row) => {
      const value = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(value)) return false
      cells.set(cell, Math.min(cells.get(cell), value))
      return true
    },
    value: (cell) => cells.get(cell),
    quantiles: () => noQuantiles,
    save: (cell) => cells.get(cell),
    load: (cell, saved) => cells.set(cell, Number(saved))
  }
}
