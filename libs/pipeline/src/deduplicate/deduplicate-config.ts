// Config of deduplication: which field is the idempotency key, how long it is known, and how many keys are held.
import { DurationMillis } from "@tailrace/domain/duration"
import { field, required } from "@tailrace/domain/field"
import { Schema } from "effect"

export const DeduplicateConfig = Schema.Struct({
  key: required(
    Schema.NonEmptyString,
    "Field that holds the idempotency key after `enrich`: an attribute, `resource.<key>`, body, trace_id or span_id. Records without it are kept."
  ),
  window: field(
    DurationMillis.check(Schema.isBetween({ minimum: 1_000, maximum: 604_800_000 })),
    "10m",
    "How long a key is known: time of reception of a record, less that of the one stored first; 1s to 7d."
  ),
  maxKeys: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20_000_000 })),
    1_000_000,
    "Most keys known at once in a partition, 32 bytes each; beyond it the oldest are forgotten before their window ends."
  )
})
export type DeduplicateConfig = typeof DeduplicateConfig.Type
