// Progress: which inputs every output of a partition holds, and the acknowledgement that follows from it.
import { Settlement } from "@tailrace/streams/settlement"
import { Effect } from "effect"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"

/** The offsets of a life's outputs, by name, in raw sequences. */
export class Progress {
  readonly #settlement: Settlement
  readonly #runtime: PartitionRuntime
  /** Acknowledges messages through a sequence of the stream they were taken from; set before the first batch is offered. */
  acknowledge: (sequence: number) => Effect.Effect<void> = () => Effect.void

  constructor(runtime: PartitionRuntime, offsets: Readonly<Record<string, number>>) {
    this.#runtime = runtime
    this.#settlement = new Settlement(offsets)
    runtime.committed = this.#settlement.settled
  }

  /** Raw sequence through which every output holds everything. */
  get settled(): number {
    return this.#settlement.settled
  }

  /** An output now holds everything up to `sequence`: acknowledges what all of them hold. */
  advance(output: string, sequence: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const settled = this.#settlement.advance(output, sequence)
      if (settled === undefined) return Effect.void
      this.#runtime.committed = settled
      const through = this.#runtime.inFlight.settle(settled)
      return through === undefined ? Effect.void : this.acknowledge(through)
    })
  }
}
