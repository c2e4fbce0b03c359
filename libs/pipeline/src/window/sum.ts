// sum: metric that adds up a numeric field.
import { Effect, Schema } from "effect"
import { type Cells, defineMetric, measuredField, metricFields, NumberCells, noQuantiles } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("sum"), ...metricFields, field: measuredField })

export const sum = defineMetric({
  name: "sum",
  summary: "Adds up a numeric field.",
  config,
  examples: [
    { title: "Bytes sent per service", config: { type: "sum", name: "bytes_sent", field: "bytes", by: ["service"] } }
  ],
  make: () => Effect.succeed({ makeCells: sumCells, absentIsZero: true })
})

const sumCells = (): Cells => {
  const cells = new NumberCells(0)
  return {
    add: (cell, reader, row) => {
      const value = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(value)) return false
      cells.set(cell, cells.get(cell) + value)
      return true
    },
    value: (cell) => cells.get(cell),
    quantiles: () => noQuantiles,
    save: (cell) => cells.get(cell),
    load: (cell, saved) => cells.set(cell, Number(saved))
  }
}
