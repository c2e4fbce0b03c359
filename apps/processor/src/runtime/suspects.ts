// Suspects: runs of messages over which a stage has failed; the next life of the pipeline handles them with care.

export interface SuspectRun {
  readonly first: number
  readonly last: number
}

/** Kept over the lives of a partition's pipeline, settled or not: a hop may read again what the outputs hold. */
export class Suspects {
  private runs: ReadonlyArray<SuspectRun> = []

  add(run: SuspectRun): void {
    if (!this.runs.some(({ first, last }) => first === run.first && last === run.last))
      this.runs = [...this.runs.slice(1 - mostRuns), run]
  }

  /** Whether any message of a run is suspect. */
  covers({ first, last }: SuspectRun): boolean {
    return this.runs.length > 0 && this.runs.some((run) => first <= run.last && last >= run.first)
  }
}

/** Failures come one after the other, so that few runs are open at a time. */
const mostRuns = 64
