// SinkPolicy: how patient a sink is with its store, and how many records it may set aside.
import { DurationMillis } from "@tailrace/domain/duration"
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"

const Retry = Schema.Struct({
  first: field(DurationMillis, "100ms", "Pause after a first failure; it doubles with each further one."),
  longest: field(DurationMillis, "5s", "Longest pause between two attempts while the breaker is closed.")
})

const Breaker = Schema.Struct({
  failures: field(
    Schema.Int.check(Schema.isGreaterThan(0)),
    5,
    "Failures in a row that open the breaker; what only a person can mend opens it at once."
  ),
  open: field(DurationMillis, "1s", "How long it stays open before one attempt; doubles while attempts go on failing."),
  longest: field(DurationMillis, "5s", "Longest time it stays open between two attempts.")
})

const DeadLetters = Schema.Struct({
  perBatch: field(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    1_000,
    "Records of one batch that may become dead letters; with more the batch is held, because the schema is wrong rather than the records."
  ),
  codes: field(
    Schema.Array(Schema.Int),
    [],
    "Further exception codes of ClickHouse that speak of single records rather than of all."
  )
})

/** Keys of every sink that waits for a store. */
export const sinkPolicyFields = {
  retry: field(Retry, {}, "How a failed write is repeated."),
  breaker: field(Breaker, {}, "When attempts stop for a while, and the process is reported as not ready."),
  deadLetters: field(DeadLetters, {}, "What becomes of records that the store refuses.")
}

export const SinkPolicy = Schema.Struct(sinkPolicyFields)
export type SinkPolicy = typeof SinkPolicy.Type
