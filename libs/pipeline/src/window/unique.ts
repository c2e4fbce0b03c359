// unique: metric that counts the different values of a field.
import { Effect, Schema } from "effect"
import { DistinctCounter, type SavedDistinct } from "./distinct-counter.ts"
import { type Cells, defineMetric, measuredField, metricFields } from "./metric-kind.ts"

const config = Schema.Struct({ type: Schema.Literal("unique"), ...metricFields, field: measuredField })

export const unique = defineMetric({
  name: "unique",
  summary: "Counts the different values of a field: exactly up to 256, within a standard error of 1.6 % beyond.",
  config,
  examples: [{ title: "Users per service", config: { type: "unique", name: "users", field: "user", by: ["service"] } }],
  make: () => Effect.succeed({ makeCells: uniqueCells, absentIsZero: true })
})

const uniqueCells = (): Cells => {
  const counters: Array<DistinctCounter> = []
  return {
    add: (cell, reader, row) => {
      if (reader === undefined || !reader.locate(row)) return false
      let counter = counters[cell]
      if (counter === undefined) {
        counter = new DistinctCounter()
        counters[cell] = counter
      }
      counter.add(reader.bytes, reader.start, reader.end)
      return true
    },
    value: (cell) => counters[cell]?.count ?? 0,
    quantiles: () => ({}),
    save: (cell) => counters[cell]?.save() ?? null,
    load: (cell, saved) => {
      if (saved !== null) counters[cell] = DistinctCounter.load(saved as SavedDistinct)
    }
  }
}
