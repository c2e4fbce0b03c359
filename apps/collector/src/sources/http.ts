// http: source that takes POSTs of JSON, NDJSON and plain lines.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { admissionFields } from "../frames/admission.ts"
import { listenerFields, listenerOf } from "../http/listener-config.ts"
import { Permits } from "../http/permits.ts"
import { defineSource, entryFields, type HttpSource } from "../source.ts"
import { Turns } from "../turns.ts"
import { ingest } from "./http/ingest.ts"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

/** The keys of the source, beside those that every entry may have. */
export const httpFields = {
  ...listenerFields,
  maxBodyBytes: field(positive, 16_777_216, "Longest body taken, bytes, as sent and after decompression."),
  maxMessageBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_194_304 })),
    1_048_576,
    "Longest message taken, bytes; a longer one is rejected."
  ),
  maxItems: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })),
    262_144,
    "Most messages of one body, right or wrong; a body with more is refused as a whole, with 413."
  ),
  maxDecompressions: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 })),
    4,
    "Bodies decompressed at once; some hundred more wait, and further ones are told 503."
  ),
  ...admissionFields
}

export const HttpConfig = Schema.Struct({ ...entryFields("http"), ...httpFields })
export type HttpConfig = typeof HttpConfig.Type

export const http = defineSource({
  name: "http",
  summary:
    "Takes POSTs to /ingest and /ingest/<source> (JSON, NDJSON, lines; gzip, zstd, deflate, br) and answers once the broker has them.",
  config: HttpConfig,
  examples: [
    { title: "The default", config: { type: "http" } },
    { title: "On all addresses, with small bodies", config: { type: "http", host: "0.0.0.0", maxBodyBytes: 1_048_576 } }
  ],
  make: (config: HttpConfig) => Effect.succeed(httpSource(config))
})

/** Compressed bodies that wait for those in front of them. */
const waitingDecompressions = 256

const httpSource = (config: HttpConfig): HttpSource => ({
  name: config.name ?? "http",
  whenFull: config.whenFull,
  listener: listenerOf(config),
  paths: ["/ingest"],
  routes: (context) => {
    const decompressions = new Permits(config.maxDecompressions, waitingDecompressions)
    const limits = { ...config, decompressions, turns: new Turns() }
    return [
      {
        path: "/ingest",
        wayIn: "/ingest or /ingest/<source>",
        counters: context.counters,
        take: (request, target) => ingest(request, target, context, limits)
      }
    ]
  }
})
