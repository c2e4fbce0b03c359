// avg: metric that averages a numeric field.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, measuredField, metricFields, NumberCells, noQuantiles } from "./metric-kind.ts"

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
  make: () => Effect.succeed({ makeCells: avgCells, absentIsZero: false })
})

const avgCells = (): Cells => {
  const cells = new NumberCells(0)
  return {
    add: (cell, reader, row) => {
      const value = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(value)) return false
      cells.set(cell, cells.get(cell) + value)
      return true
    },
    value: (cell, count) => cells.get(cell) / count,
    quantiles: () => noQuantiles,
    save: (cell) => cells.get(cell),
    load: (cell, saved) => cells.set(cell, Number(saved))
  }
}
