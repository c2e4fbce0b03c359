// AppliedPipeline: the text of the pipeline that the outputs of a partition were made with, kept beside its snapshots.
import { decodeUtf8, encodeUtf8 } from "@tailrace/domain/utf8"
import { readPipeline } from "@tailrace/pipeline/pipeline"
import type { SnapshotError, SnapshotsShape } from "@tailrace/streams/snapshots"
import { Effect } from "effect"
import { catalogues, type Pipeline } from "../pipelines.ts"

/** A pipeline to begin with, and the raw sequence through which all outputs hold everything. */
export interface Beginning {
  readonly pipeline: Pipeline
  readonly level: number
}

/**
 * After a crash some outputs of a partition are behind others, and messages are read again for those alone. They have to
 * become what they were before, or the ledger would tell of other records than those stored. So a life begins with the
 * pipeline noted here, whatever the file says by now, and a new one is noted only when all outputs are level: with the
 * sequence where they are, because an acknowledgement may be lost, and rows end where the last kept record was.
 */
export class AppliedPipeline {
  readonly #snapshots: SnapshotsShape
  readonly #key: string
  #revision = 0

  constructor(partition: number, snapshots: SnapshotsShape) {
    this.#snapshots = snapshots
    this.#key = `pipeline.${partition}`
  }

  /**
   * How to begin a life: with the noted pipeline; with `wanted`, which is then noted, when none can be read. A level behind
   * the raw stream's last sequence `end` was noted by nobody who had read so far: the outputs tell by themselves then.
   */
  begin(wanted: Pipeline, end: number): Effect.Effect<Beginning, SnapshotError> {
    return Effect.gen({ self: this }, function* () {
      const noted = yield* Effect.catchIf(
        this.#snapshots.get(this.#key),
        (error) => error.reason === "corrupt",
        (error) => Effect.as(Effect.logWarning(`the file's pipeline is taken: ${error.message}`), undefined)
      )
      this.#revision = noted?.revision ?? (yield* this.#snapshots.revision(this.#key))
      if (noted === undefined) return yield* this.note(wanted, 0)
      const level = noted.offset <= end ? noted.offset : 0
      if (level < noted.offset)
        yield* Effect.logWarning(
          `${this.#key} says that outputs hold message ${noted.offset}, and stream raw ends at ${end}: goes by what they hold`
        )
      const text = decodeUtf8(noted.data, 0, noted.data.length)
      if (text === wanted.text) return { pipeline: wanted, level }
      const result = yield* readPipeline(catalogues, text)
      if ("pipeline" in result) return { pipeline: result.pipeline, level }
      yield* Effect.logWarning(`the pipeline noted in ${this.#key} cannot be read any more, the file's takes its place`)
      return yield* this.note(wanted, level)
    })
  }

  /** Notes that everything behind the raw sequence `level`, through which all outputs hold everything, is made with `pipeline`. */
  note(pipeline: Pipeline, level: number): Effect.Effect<Beginning, SnapshotError> {
    return Effect.gen({ self: this }, function* () {
      const snapshot = { offset: level, data: encodeUtf8(pipeline.text) }
      this.#revision = yield* this.#snapshots.put(this.#key, snapshot, this.#revision)
      return { pipeline, level }
    })
  }
}
