// SinkPolicy: how patient a sink is with what it writes to.
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

/** Keys of every sink that waits until what it writes is taken. */
export const sinkPolicyFields = {
  retry: field(Retry, {}, "How a failed write is repeated."),
  breaker: field(Breaker, {}, "When attempts stop for a while, and the process is reported as not ready.")
}

export const SinkPolicy = Schema.Struct(sinkPolicyFields)
export type SinkPolicy = typeof SinkPolicy.Type
