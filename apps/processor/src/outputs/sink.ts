// Sink: the contract of the components in sinks/: batches are written, and their offsets come back after a restart.
import { define } from "@tailrace/domain/component"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Cut } from "@tailrace/streams/announced"
import type { OwnershipError } from "@tailrace/streams/lease"
import type { Ownership } from "@tailrace/streams/ownership"
import type { Effect, Scope } from "effect"
import type { Breaker } from "./breaker.ts"
import type { DeadLetterOffice } from "./dead-letter-office.ts"
import type { SinkError } from "./sink-error.ts"
import type { SinkPolicy } from "./sink-policy.ts"

export const defineSink = define("sink")

/** What one life of a partition's pipeline gives a sink. */
export interface SinkContext {
  readonly partition: number
  /** What every write goes through, by `untilTaken`. */
  readonly breaker: Breaker
  /** Where records go that are refused. */
  readonly office: DeadLetterOffice
  /** Where inserts are announced, and what the owner before had announced. */
  readonly ownership: Pick<Ownership, "announce" | "confirm" | "left">
}

/** An output that a sink writes less often than it is given batches, because one write costs the same whatever its size. */
export interface SlowOutput {
  /** Last sequence it held at the start. */
  readonly offset: number
  /**
   * Writes what waits; answers the last sequence it then holds, undefined when nothing waited. One at a time; it may run
   * beside `write`.
   */
  readonly flush: Effect.Effect<number | undefined, SinkError | OwnershipError>
}

/**
 * An open sink of one partition. Batches come in order, one at a time, and never reach across one of the offsets: a batch
 * is either wholly covered by an output or wholly new to it. `write` ends when every output of the sink holds the batch,
 * the slow one excepted, which has taken from it what it needs; it skips outputs that held it before, and it holds and
 * repeats over outages instead of failing.
 */
export interface OpenSink {
  /** Last sequence each output held at the start; empty for a sink that keeps nothing. */
  readonly offsets: ReadonlyArray<number>
  readonly slow?: SlowOutput
  /** What the owner before announced and may still store at any time: batches have to begin and end just so. */
  readonly repeats: ReadonlyArray<Pick<Cut, "first" | "last">>
  readonly write: (batch: LogBatch) => Effect.Effect<void, SinkError | OwnershipError>
}

/** `R`: what it needs to be opened; an open sink has it. */
export interface Sink<R = never> {
  readonly name: string
  /** Whether it keeps what is written. Those that do not see a batch only after all those that do hold it. */
  readonly durable: boolean
  /** Of a sink that waits until what it writes is taken. */
  readonly policy?: SinkPolicy
  readonly open: (context: SinkContext) => Effect.Effect<OpenSink, SinkError | OwnershipError, R | Scope.Scope>
}
