// host: enrichment that names the machine and process the records came through.
import { arch, hostname, platform } from "node:os"
import { field } from "@tailrace/domain/field"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect, Schema } from "effect"
import { FieldReader } from "../field-reader.ts"
import { defineEnrichment, type Enrichment } from "./enrichment.ts"
import { FieldWriter } from "./field-writer.ts"

const config = Schema.Struct({
  type: Schema.Literal("host"),
  fillHost: field(Schema.Boolean, true, "Whether records that name no host get this machine's name as host."),
  process: field(Schema.Boolean, false, "Whether the process id and runtime of the processor are added too.")
})

/** Resource attributes after OpenTelemetry's semantic conventions (host.*, os.*); records' own values stay. */
export const host = defineEnrichment({
  name: "host",
  summary: "Adds the processor's machine, and its process on demand, as resource attributes.",
  config,
  examples: [{ title: "One machine", config: { type: "host" } }],
  make: Effect.fnUntraced(function* (config) {
    const values: Record<string, string> = {
      "resource.host.name": hostname(),
      "resource.host.arch": arch(),
      "resource.os.type": platform()
    }
    if (config.fillHost) values.host = hostname()
    if (config.process) {
      values["resource.tailrace.processor.pid"] = String(process.pid)
      values["resource.tailrace.processor.runtime"] = `node ${process.versions.node}`
    }
    const fields: Array<{ reader: FieldReader; writer: FieldWriter; bytes: Uint8Array }> = []
    for (const [name, value] of Object.entries(values)) {
      const writer = yield* FieldWriter.make(name, "type")
      fields.push({ reader: new FieldReader(name), writer, bytes: encodeUtf8(value) })
    }
    const enrichment: Enrichment = {
      apply: (batch) => {
        for (const { reader, writer, bytes } of fields) {
          reader.bind(batch)
          writer.bind(batch)
          for (let row = 0; row < batch.length; row++) {
            if (batch.selected[row] === 1 && !reader.locate(row)) writer.write(row, bytes, 0, bytes.length)
          }
        }
      }
    }
    return enrichment
  })
})
