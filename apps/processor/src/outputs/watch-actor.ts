// WatchActor: takes out of a batch what has ended otherwise, shows the rest to windows and detectors, and saves those.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Store } from "@tailrace/store/store"
import { elapsedMillis } from "@tailrace/streams/elapsed"
import type { Mailbox } from "@tailrace/streams/mailbox"
import type { Publisher } from "@tailrace/streams/publisher"
import type { SnapshotError } from "@tailrace/streams/snapshots"
import { type Clock, Effect } from "effect"
import type { GuardedStages } from "../runtime/guarded-stages.ts"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import type { Arrival } from "./arrival.ts"
import type { Checkpoint } from "./checkpoint.ts"
import type { SettledLetters } from "./known-letters.ts"
import type { Progress } from "./progress.ts"
import type { SinkError } from "./sink-error.ts"

export interface WatchOptions {
  readonly clock: Clock.Clock
  readonly stages: GuardedStages
  readonly runtime: PartitionRuntime
  readonly checkpoint: Checkpoint
  /** Milliseconds between two snapshots, at most. */
  readonly snapshotEvery: number
  readonly letters: SettledLetters
  readonly deduplicate: (batch: LogBatch) => Effect.Effect<void, SinkError, Store>
  /** Last raw sequence that every sink held at the start. */
  readonly storedThrough: number
  readonly progress: Progress
  readonly next: Mailbox<Arrival>
}

export class WatchActor {
  readonly #options: WatchOptions
  readonly #now: () => number
  readonly #elapsed: () => number
  /** Last raw sequence that windows and detectors have seen. */
  #observed: number
  /** Windows that failed over a batch may hold half of it; while an insert keeps the life from ending they must not be saved. */
  #spoiled = false
  #hasRefused: boolean
  #savedAt: number

  constructor(options: WatchOptions) {
    this.#options = options
    this.#now = () => options.clock.currentTimeMillisUnsafe()
    this.#elapsed = elapsedMillis(options.clock)
    this.#observed = Math.max(options.checkpoint.offset, options.runtime.level)
    this.#hasRefused = options.letters.hasRefused
    this.#savedAt = this.#elapsed()
  }

  receive(arrival: Arrival): Effect.Effect<void, SinkError, Store> {
    return Effect.gen({ self: this }, function* () {
      const { deduplicate, letters, next, runtime } = this.#options
      const { batch } = arrival
      const started = this.#elapsed()
      letters.known.apply(batch)
      const before = batch.keptCount
      this.#forgetRefused(batch)
      yield* deduplicate(batch)
      letters.refused.apply(batch)
      this.#observe(batch)
      runtime.counters.note("watch", before, batch, this.#elapsed() - started)
      yield* next.offer(arrival, batch.byteLength)
    })
  }

  /** Tells the windows the time, and saves them when that is due. */
  snapshotTurn(last: boolean): Effect.Effect<void, SnapshotError | SinkError, Store | Publisher> {
    return Effect.suspend(() => {
      const { checkpoint, runtime, snapshotEvery, stages } = this.#options
      const { watch } = stages
      if (!watch.active || this.#spoiled) return Effect.void
      watch.tick(this.#now())
      const early = watch.hasFindings() || runtime.inFlight.isCrowded
      const due = early || last || this.#elapsed() - this.#savedAt >= snapshotEvery
      return due && checkpoint.isDue(this.#observed) ? this.#save : Effect.void
    })
  }

  /** Behind what is stored, keys are those of stored rows alone: what was refused may come again, edited or not. */
  #forgetRefused(batch: LogBatch): void {
    if (!this.#hasRefused || batch.firstSequence <= this.#options.storedThrough) return
    this.#hasRefused = false
    this.#options.stages.deduplicate?.forget()
  }

  #observe(batch: LogBatch): void {
    const { watch } = this.#options.stages
    if (!watch.active || batch.lastSequence <= this.#observed) return
    this.#spoiled = true
    watch.observe(batch, this.#now())
    this.#spoiled = false
    this.#observed = batch.lastSequence
  }

  get #save(): Effect.Effect<void, SnapshotError | SinkError, Store | Publisher> {
    const { checkpoint, progress } = this.#options
    const sequence = this.#observed
    return Effect.gen({ self: this }, function* () {
      yield* checkpoint.save(sequence)
      yield* progress.advance("snapshot", sequence)
      this.#savedAt = this.#elapsed()
    })
  }
}
