// Checkpoint: the snapshot of windows and detectors with the offset it covers, and the findings that leave with it.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { Pane } from "@tailrace/domain/pane"
import { anomalySubject, paneSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import type { Findings, Watch } from "@tailrace/pipeline/stage"
import type { Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import { insertAnomalies, insertPanes, type RowsStamp } from "@tailrace/store/write/insert-rows"
import { growingPauses } from "@tailrace/streams/backoff"
import { Publisher } from "@tailrace/streams/publisher"
import { SnapshotError, type SnapshotsShape, type StoredSnapshot } from "@tailrace/streams/snapshots"
import { Effect, Schedule } from "effect"
import type { RawStreamError } from "../runtime/raw-stream.ts"
import { readSaved, type Saved } from "./saved-windows.ts"
import type { SinkError } from "./sink-error.ts"

export interface CheckpointOptions {
  readonly pipeline: string
  readonly partition: number
  readonly watch: Watch
  readonly snapshots: SnapshotsShape
  /** A snapshot that ends before this raw sequence is of an earlier pipeline, and has missed what came since. */
  readonly level: number
  /** Last sequence of the raw stream, as of now where it covers less: a snapshot that ends behind it was saved by nobody. */
  readonly endFor: (offset: number) => Effect.Effect<number, RawStreamError>
  /** Repeats a write to the store until it is taken. */
  readonly untilStored: (write: Effect.Effect<void, StoreError, Store>) => Effect.Effect<void, SinkError, Store>
  readonly now: () => number
}

const patience = growingPauses("100 millis", "2 seconds")

/**
 * The order makes findings exact: first the snapshot that holds them, then the rows, then the next snapshot without them.
 * A crash in between stores the same findings again, which replace themselves by identity; a crash before the snapshot
 * loses them together with the state that would make them once more. So nothing is announced that another life could
 * contradict, even where the processing clock closed a window.
 */
export class Checkpoint {
  /** Last raw sequence covered by the stored snapshot. */
  offset = 0
  private readonly options: CheckpointOptions
  private readonly key: string
  private revision = 0
  private number = 0

  constructor(options: CheckpointOptions) {
    this.options = options
    this.key = `windows.${options.pipeline}.${options.partition}`
  }

  /**
   * Loads the last snapshot into the watch and stores what it had not finished storing. What is no snapshot of this
   * pipeline is left out with a warning. One that the watch fails over may be half in it: it is put away, and the life
   * after begins without.
   */
  get open(): Effect.Effect<void, SnapshotError | SinkError | RawStreamError, Store | Publisher> {
    const { snapshots } = this.options
    const missing = Effect.map(snapshots.revision(this.key), (revision) => {
      this.revision = revision
      return undefined
    })
    return snapshots.get(this.key).pipe(
      Effect.catchIf(
        (error) => error.reason === "corrupt",
        (error) => Effect.as(Effect.logWarning(`windows start anew: ${error.message}`), undefined)
      ),
      Effect.flatMap((stored) => (stored === undefined ? missing : Effect.succeed(stored))),
      Effect.flatMap((stored) =>
        stored === undefined
          ? Effect.void
          : Effect.flatMap(this.options.endFor(stored.offset), (end) => this.load(stored, end))
      )
    )
  }

  /** Whether there is anything that a snapshot through `sequence` would keep. */
  isDue(sequence: number): boolean {
    return sequence > this.offset || this.options.watch.hasFindings()
  }

  /** Saves the state as it is now, which covers `sequence`, and then stores the findings. */
  save(sequence: number): Effect.Effect<void, SnapshotError | SinkError, Store | Publisher> {
    return Effect.suspend(() => {
      const { snapshots, watch } = this.options
      const outbox = watch.takeFindings()
      const saved: Saved = { version: 1, state: watch.save(), outbox }
      const snapshot = { offset: sequence, data: encodeUtf8(JSON.stringify(saved)) }
      return snapshots.put(this.key, snapshot, this.revision).pipe(
        Effect.retry(($) => $(patience).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))),
        Effect.flatMap((revision) => {
          this.revision = revision
          return this.release(outbox)
        }),
        Effect.andThen(Effect.sync(() => (this.offset = sequence))),
        Effect.asVoid
      )
    })
  }

  private load(stored: StoredSnapshot, end: number): Effect.Effect<void, SnapshotError | SinkError, Store | Publisher> {
    this.revision = stored.revision
    const { level, now, watch } = this.options
    const anew = (why: string) => `windows start anew: snapshot ${this.key} ${why}`
    if (stored.offset < level) return Effect.logInfo(anew("ends before the pipeline that is running began"))
    if (stored.offset > end)
      return Effect.logWarning(anew(`covers message ${stored.offset}, and stream raw ends at ${end}`))
    const saved = readSaved(stored.data, now())
    if (typeof saved === "string") return Effect.logWarning(anew(saved))
    try {
      watch.load(saved.state, stored.offset)
    } catch (cause) {
      return this.putAway(cause)
    }
    this.offset = stored.offset
    return this.release(saved.outbox)
  }

  private putAway(cause: unknown): Effect.Effect<never, SnapshotError> {
    const message = `snapshot ${this.key} cannot be loaded, windows start anew without it: ${String(cause)}`
    const empty = { offset: 0, data: encodeUtf8("{}") }
    return Effect.andThen(
      this.options.snapshots.put(this.key, empty, this.revision),
      Effect.fail(new SnapshotError({ reason: "corrupt", message }))
    )
  }

  private release(outbox: Findings): Effect.Effect<void, SinkError, Store | Publisher> {
    const { panes, anomalies } = outbox
    if (panes.length === 0 && anomalies.length === 0) return Effect.void
    const ingestedAt = this.options.now()
    const { partition, untilStored } = this.options
    // Under a token of its own each time: one logged for a part that never came would swallow the next attempt, and what
    // is stored twice replaces itself.
    const attempt = (insert: (stamp: RowsStamp) => Effect.Effect<void, StoreError, Store>) =>
      untilStored(Effect.suspend(() => insert({ ingestedAt, token: `${partition}-${ingestedAt}-${this.number++}` })))
    return attempt((stamp) => insertPanes(panes, stamp)).pipe(
      Effect.andThen(attempt((stamp) => insertAnomalies(anomalies, stamp))),
      Effect.andThen(announce(panes, anomalies))
    )
  }
}

/** Publishes what was stored for subscribers. The tables are the truth, so a full or absent stream costs only the news. */
const announce = (
  panes: ReadonlyArray<Pane>,
  anomalies: ReadonlyArray<Anomaly>
): Effect.Effect<void, never, Publisher> =>
  Effect.gen(function* () {
    const publisher = yield* Publisher
    const send = (subject: string, message: object, id: string) =>
      publisher
        .publish(subject, encodeUtf8(JSON.stringify(message)), { id })
        .pipe(Effect.catch((error) => Effect.logWarning(`subscribers of ${subject} miss a message: ${error.message}`)))
    const runs = Object.values(Object.groupBy(panes, (pane) => `${pane.tenant} ${pane.metric} ${pane.windowStart}`))
    for (const run of runs) {
      const first = run?.[0]
      if (run === undefined || first === undefined) continue
      const id = `panes-${first.partition}-${first.tenant}-${first.metric}-${first.windowStart}-${first.revision}`
      yield* send(paneSubject(first.tenant, first.metric), run, id)
    }
    for (const one of anomalies) {
      const key = JSON.stringify(Object.entries(one.key))
      const id = `anomaly-${one.partition}-${one.tenant}-${one.metric}-${one.detector}-${one.windowStart}-${key}`
      yield* send(anomalySubject(one.tenant, one.metric), one, id)
    }
  })
