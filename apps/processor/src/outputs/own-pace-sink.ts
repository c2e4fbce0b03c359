// OwnPaceSink: the contract of sinks that keep what they are given and delay nobody else: each reads stream `stored` by itself.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Effect, Scope } from "effect"
import type { SinkError } from "./sink-error.ts"
import type { SinkPolicy } from "./sink-policy.ts"

/** A record: the message of the raw stream it came in, and its row in that. */
export interface Place {
  readonly sequence: number
  readonly row: number
}

/** An open sink of one partition. */
export interface OpenOwnPaceSink {
  /** The last record it holds; undefined before the first. Kept where its records are, in the same write or behind it. */
  readonly held: () => Place | undefined
  /**
   * Writes the kept rows of a batch, in order, none of which it holds; ends when they are as safe as they will be, and
   * `through`, the last of them, is what it holds. Repeated after a failure with the same rows; never cut off.
   */
  readonly write: (batch: LogBatch, through: Place) => Effect.Effect<void, SinkError>
}

/** `R`: what it needs to be opened; an open sink has it. */
export interface OwnPaceSink<R = never> {
  /** Its own among the sinks of a pipeline, for its place in the stream is kept under it. */
  readonly name: string
  readonly ownPace: true
  readonly policy: SinkPolicy
  /** Opening is repeated like a write. */
  readonly open: (partition: number) => Effect.Effect<OpenOwnPaceSink, SinkError, R | Scope.Scope>
}
