// ModelFiles: what sinks at their own pace have written in a simulated world: a folder for each process, which outlives it.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { OpenOwnPaceSink, OwnPaceSink, Place } from "@tailrace/processor/outputs/own-pace-sink"
import { SinkError } from "@tailrace/processor/outputs/sink-error"
import { Effect } from "effect"
import type { Life } from "./life.ts"
import type { World } from "./world.ts"

/** The files of one partition in one folder. */
class Files {
  held: Place | undefined
  readonly rows: Array<string> = []
}

/** How often a write fails, as on a full disk. */
const refusedWrites = 0.1

export class ModelFiles {
  /** By process and partition. */
  private readonly files = new Map<string, Files>()
  /** Rows that any folder holds. */
  readonly rows = new Set<string>()
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  /** The sink of one life of a process. */
  sinkOf(life: Life, process: string, mistaken: (sink: OpenOwnPaceSink) => OpenOwnPaceSink): OwnPaceSink {
    return {
      name: "files",
      ownPace: true,
      policy: { retry: { first: 20, longest: 500 }, breaker: { failures: 3, open: 100, longest: 1_000 } },
      open: (partition) =>
        Effect.sync(() => {
          const files = this.filesOf(`${process}, partition ${partition}`)
          const write = (batch: LogBatch, through: Place) => this.write(life, files, batch, through)
          return mistaken({ held: () => files.held, write })
        })
    }
  }

  /** Folders that hold a row twice, in words. */
  get doubled(): ReadonlyArray<string> {
    return [...this.files].flatMap(([name, { rows }]) =>
      new Set(rows).size === rows.length ? [] : [`the files of ${name} hold a row twice`]
    )
  }

  private filesOf(name: string): Files {
    const files = this.files.get(name) ?? new Files()
    this.files.set(name, files)
    return files
  }

  /** All rows with their place, or, when the process dies meanwhile or the disk is full, nothing. */
  private write(life: Life, files: Files, batch: LogBatch, through: Place): Effect.Effect<void, SinkError> {
    const { world } = this
    return life.request("write to the files", (answer) => {
      const rows: Array<string> = []
      for (let row = 0; row < batch.length; row++)
        if (batch.selected[row] === 1) rows.push(`${batch.sequence[row]}-${batch.row[row]}`)
      const done = () => {
        if (!life.alive) return
        if (world.chance(refusedWrites))
          return answer(Effect.fail(new SinkError({ consequence: "hold", message: "no space left" })))
        files.rows.push(...rows)
        files.held = through
        for (const row of rows) this.rows.add(row)
        answer(Effect.void)
      }
      world.after(world.between(0.1, 40), () => life.reach(done))
    })
  }
}
