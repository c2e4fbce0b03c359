// WriteActor: gives each batch to the sinks, one after the other, and its memory back.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import type { HopError } from "@tailrace/streams/hop-writer"
import type { OwnershipError } from "@tailrace/streams/lease"
import { type Clock, Effect } from "effect"
import type { WritePace } from "../partition/batcher.ts"
import { type GuardedStages, StageError } from "../runtime/guarded-stages.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import type { Arrival } from "./arrival.ts"
import type { Refused } from "./dead-letter-office.ts"
import type { Progress } from "./progress.ts"
import type { Relay } from "./relay.ts"
import type { OpenSink } from "./sink.ts"
import type { SinkError } from "./sink-error.ts"

export interface WriteOptions {
  readonly clock: Clock.Clock
  readonly sinks: ReadonlyArray<OpenSink>
  /** Of a pipeline with sinks that write at their own pace. */
  readonly relay: Relay | undefined
  readonly stages: GuardedStages
  readonly runtime: PartitionRuntime
  readonly progress: Progress
  readonly setAside: (refused: ReadonlyArray<Refused>) => Effect.Effect<void, SinkError>
  /** Takes back a batch that every sink holds, for reuse. */
  readonly release: (batch: LogBatch) => Effect.Effect<void>
}

export class WriteActor {
  readonly #options: WriteOptions
  readonly #elapsed: () => number
  #ahead = 0
  #endedAt = 0
  #tookMillis = 0

  constructor(options: WriteOptions) {
    this.#options = options
    this.#elapsed = elapsedMillis(options.clock)
  }

  /** Batches offered and not yet stored, and the last write. */
  get pace(): WritePace {
    return { ahead: this.#ahead, endedAt: this.#endedAt, tookMillis: this.#tookMillis }
  }

  /** Notes that a batch is on its way here. */
  awaitOne(): void {
    this.#ahead++
  }

  receive({ batch }: Arrival): Effect.Effect<void, SinkError | OwnershipError | StageError | HopError> {
    return Effect.gen({ self: this }, function* () {
      const { progress, relay, release, runtime, setAside, sinks, stages } = this.#options
      const started = this.#elapsed()
      yield* setAside(stages.takeRefused(batch.lastSequence))
      const before = batch.keptCount
      for (const sink of sinks) yield* sink.write(batch)
      this.#endedAt = this.#elapsed()
      this.#tookMillis = this.#endedAt - started
      runtime.counters.note("sink", before, batch, this.#tookMillis)
      yield* progress.advance("sinks", batch.lastSequence)
      if (relay !== undefined) {
        yield* relay.write(batch)
        yield* progress.advance("relay", batch.lastSequence)
      }
      this.#ahead--
      // Known are keys of what is stored, and these records are not: only a new life can read them again.
      if (batch.keptCount < before && stages.deduplicate !== undefined) {
        const message = `${before - batch.keptCount} records became dead letters, reading the keys of stored ones anew`
        return yield* new StageError({ reason: "keys", message })
      }
      yield* release(batch)
    })
  }
}
