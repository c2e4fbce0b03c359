// rename: enrichment that moves a value from one field to another.
import { field, required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { ComponentConfigError } from "../config-error.ts"
import { FieldReader } from "../field-reader.ts"
import { defineEnrichment, type Enrichment } from "./enrichment.ts"
import { FieldWriter } from "./field-writer.ts"

const config = Schema.Struct({
  type: Schema.Literal("rename"),
  from: required(Schema.NonEmptyString, "Field to take the value from; records without it stay as they are."),
  to: required(Schema.NonEmptyString, "Field that gets the value; what it held is replaced."),
  keep: field(Schema.Boolean, false, "Whether the value also stays where it was.")
})

export const rename = defineEnrichment({
  name: "rename",
  summary: "Moves a value from one field to another; well-known fields and attributes alike.",
  config,
  examples: [{ title: "A service's own name for it", config: { type: "rename", from: "app", to: "service" } }],
  make: Effect.fnUntraced(function* (config) {
    if (config.from === config.to) {
      return yield* new ComponentConfigError({ key: "to", message: `${config.to} is the field the value comes from` })
    }
    const source = new FieldReader(config.from)
    const eraser = yield* FieldWriter.make(config.from, "from")
    const target = yield* FieldWriter.make(config.to, "to")
    const enrichment: Enrichment = {
      apply: (batch) => {
        source.bind(batch)
        eraser.bind(batch)
        target.bind(batch)
        for (let row = 0; row < batch.length; row++) {
          if (batch.selected[row] === 0 || !source.locate(row)) continue
          // Where both live in one arena, writing may move it; the reader still holds the old bytes.
          const { bytes, start, end } = source
          target.write(row, bytes, start, end)
          if (!config.keep) eraser.clear(row)
        }
      }
    }
    return enrichment
  })
})
