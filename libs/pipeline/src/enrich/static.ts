// static: enrichment that gives every record the same fields.
import { field, required } from "@tailrace/domain/field"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect, Schema } from "effect"
import { FieldReader } from "../field-reader.ts"
import { defineEnrichment, type Enrichment } from "./enrichment.ts"
import { FieldWriter } from "./field-writer.ts"

const config = Schema.Struct({
  type: Schema.Literal("static"),
  fields: required(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])),
    'Fields and their values; "resource.<key>" writes a resource attribute.'
  ),
  overwrite: field(Schema.Boolean, false, "Whether a record's own value of the field is replaced.")
})

const fixedFields = defineEnrichment({
  name: "static",
  summary: "Gives every record the same fields.",
  config,
  examples: [{ title: "Where it runs", config: { type: "static", fields: { environment: "production" } } }],
  make: Effect.fnUntraced(function* (config) {
    const fields: Array<{ reader: FieldReader; writer: FieldWriter; bytes: Uint8Array }> = []
    for (const [name, value] of Object.entries(config.fields)) {
      const writer = yield* FieldWriter.make(name, "fields")
      fields.push({ reader: new FieldReader(name), writer, bytes: encodeUtf8(String(value)) })
    }
    const enrichment: Enrichment = {
      apply: (batch) => {
        for (const { reader, writer, bytes } of fields) {
          reader.bind(batch)
          writer.bind(batch)
          for (let row = 0; row < batch.length; row++) {
            if (batch.selected[row] === 0) continue
            if (config.overwrite || !reader.locate(row)) writer.write(row, bytes, 0, bytes.length)
          }
        }
      }
    }
    return enrichment
  })
})

export { fixedFields as static }
