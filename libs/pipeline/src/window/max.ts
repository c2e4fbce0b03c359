// max: metric that keeps the largest value of a numeric field.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, measuredField, metricFields, NumberCells, noQuantiles } from "./metric-kind.ts"

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
  make: () => Effect.succeed({ makeCells: maxCells, absentIsZero: false })
})

const maxCells = (): Cells => {
  const cells = new NumberCells(Number.NEGATIVE_INFINITY)
  return {
    add: (cell, reader, row) => {
      const value = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(value)) return false
      cells.set(cell, Math.max(cells.get(cell), value))
      return true
    },
    value: (cell) => cells.get(cell),
    quantiles: () => noQuantiles,
    save: (cell) => cells.get(cell),
    load: (cell, saved) => cells.set(cell, Number(saved))
  }
}
