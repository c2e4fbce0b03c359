// Refusals: why a source was not told yes, and errors that keep the collector from starting.
import type { PublishErrorReason } from "@tailrace/streams/publish-error"
import { Schema } from "effect"

/** The collector cannot start; the message says what is wrong, where, and what to do. */
export class CollectorError extends Schema.TaggedError<CollectorError>()("CollectorError", {
  message: Schema.String
}) {}

/** busy: the collector's own memory is full. stopping: it is shutting down. The others are the publisher's reasons. */
export interface Refusal {
  readonly reason: PublishErrorReason | "busy" | "stopping"
  readonly message: string
}

/** A system error's message, or whatever was thrown as text. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
