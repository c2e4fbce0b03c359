// SinkError: a write of an output that failed, classed by what has to be done about it, whatever it writes to.
import type { StoreError } from "@tailrace/store/store-error"
import { Schema } from "effect"

/**
 * What to do with the work that failed:
 * retry: the result is unknown or the trouble passes by itself, repeat the same bytes;
 * hold: an operator or time must change something first (disk, memory, access, schema), keep the work and press back;
 * dead-letter: something in the data is refused, find it and set it aside, the rest can be written;
 * reject: the same write can never succeed, and nothing says that it is the data.
 */
export class SinkError extends Schema.TaggedError<SinkError>()("SinkError", {
  consequence: Schema.Literals(["retry", "hold", "dead-letter", "reject"]),
  /** What the data was refused for, in the few words that a dead letter is counted under. */
  refusedAs: Schema.optionalKey(Schema.String),
  message: Schema.String
}) {}

/** What a failure of the store means to an output. */
export const ofStore = ({ code, consequence, message, type = `code ${code}` }: StoreError): SinkError =>
  new SinkError({ consequence, message, ...(consequence === "dead-letter" && { refusedAs: type }) })
