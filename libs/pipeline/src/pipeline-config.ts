// PipelineConfig: what stands in a pipeline file: stages in order, metrics, detectors, sinks, and the pipeline's own tests.

import { DurationMillis } from "@tailrace/domain/duration"
import { field, optional, required } from "@tailrace/domain/field"
import { Schema } from "effect"
import { DeduplicateConfig } from "./deduplicate/deduplicate-config.ts"

/** A component of some kind: `type` names it, its own schema decodes the rest. */
const ComponentEntry = Schema.Record(Schema.String, Schema.Unknown)
const list = (description: string) => field(Schema.Array(ComponentEntry), [], description)

/** What may stand as one token of a subject. */
const token = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, "_" or "-"' })
)

const TestInput = Schema.Struct({
  text: optional(Schema.String, "Bytes of one frame, as UTF-8 text; each line is a message."),
  base64: optional(Schema.String, "Bytes of one frame in base64, for what is no text."),
  tenant: field(token, "default", "Tenant of the frame."),
  source: field(token, "test", "Source of the frame."),
  codec: field(Schema.String, "auto", "Codec the frame's header names."),
  layout: field(Schema.Literals(["lines", "prefixed", "single"]), "lines", "How messages lie in the frame."),
  after: field(DurationMillis, "0ms", "How long after the frame before it was received.")
})

const Expected = Schema.Record(Schema.String, Schema.Unknown)

export const PipelineTest = Schema.Struct({
  name: required(Schema.NonEmptyString, "What the pipeline does, in a sentence."),
  now: field(Schema.String, "2026-01-01T00:00:00Z", "When the first frame was received, ISO 8601."),
  input: required(Schema.Array(TestInput), "Frames in order."),
  rows: optional(Schema.Array(Expected), "Rows that come out, in order; each names the fields to compare."),
  dropped: optional(Schema.Record(Schema.String, Schema.Int), "Dropped records by rule, all of them."),
  deduplicated: optional(Schema.Int, "Records left out because their key was stored before."),
  panes: optional(Schema.Array(Expected), "Panes that must be among those closed once time has passed."),
  anomalies: optional(Schema.Array(Expected), "Anomalies, all of them, in order; each names the fields to compare.")
})
export type PipelineTest = typeof PipelineTest.Type

const Batching = Schema.Struct({
  maxRows: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
    40_000,
    "Rows after which a batch is handed on."
  ),
  maxBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1_024, maximum: 268_435_456 })),
    33_554_432,
    "Bytes of text after which a batch is handed on."
  ),
  minLinger: field(DurationMillis, "20ms", "How long a batch waits for more, at least."),
  maxLinger: field(
    DurationMillis,
    "200ms",
    "How long a batch waits for more while the store writes or rests from writing, at most."
  )
})

export const PipelineConfig = Schema.Struct({
  name: field(token, "default", "Name of the pipeline."),
  placement: optional(
    Schema.Literals(["fused", "staged"]),
    "Where stages hand on: in memory (fused) or through durable streams (staged); left out, the process decides."
  ),
  parse: field(ComponentEntry, {}, "How messages are read; see the codecs."),
  filter: list("Rules that leave records out, in order."),
  enrich: list("Changes to the records that stay, in order."),
  deduplicate: optional(
    DeduplicateConfig,
    "Leaves out records whose idempotency key was stored before, behind `enrich`; off when left out. Needs the sink clickhouse."
  ),
  metrics: list("Aggregates of the records over windows of event time."),
  detectors: list("What watches the metrics."),
  sinks: field(Schema.Array(ComponentEntry), [{ type: "clickhouse" }, { type: "live" }], "Where batches go."),
  batch: field(Batching, {}, "How records are gathered into batches."),
  snapshotEvery: field(DurationMillis, "2s", "How often the state of windows and detectors is saved."),
  tests: field(Schema.Array(PipelineTest), [], "Tests of the pipeline, run by `tailrace test`.")
})
export type PipelineConfig = typeof PipelineConfig.Type

/** What runs when no pipeline file is given, as YAML; also the first thing to copy from. */
export const defaultPipeline = `name: default
parse:
  codec: auto
metrics:
  - { type: count, name: records_10s, by: [service, severity], size: 10s, lateness: 5s }
  - { type: count, name: records_1m, by: [service, severity], size: 1m, lateness: 5s }
  - { type: count, name: errors, where: "severity_number >= 17", by: [service], size: 10s, lateness: 5s }
detectors:
  - { type: zscore, metric: errors, threshold: 5, direction: high, minimum: 10 }
sinks:
  - { type: clickhouse }
  - { type: live }
`
