// Live judge: what a batch on the bus is worth, for anybody may have sent it and any may be missing before it.
import type { LogBatch } from "@tailrace/domain/log-batch"

/** What is known of a batch besides its bytes. */
export interface Told {
  /** The partition of the subject it came under. */
  readonly partition: number
  /** Nothing that is kept lies between this sequence and the batch; undefined when nobody said so. */
  readonly behind: number | undefined
  /** Last sequence that its owner announced to store; "none" where nothing is announced, undefined when it is not known. */
  readonly announced: number | "none" | undefined
}

/**
 * next: it goes on where the last one ended. gap: something before it is missing. ahead: it reaches behind what its owner
 * announced, so that nothing it says is believed. foreign: it is of another partition than it came under.
 */
export type Verdict = "next" | "gap" | "ahead" | "foreign"

export const judge = (
  batch: Pick<LogBatch, "partition" | "lastSequence">,
  { announced, behind, partition }: Told,
  known: number
): Verdict => {
  if (batch.partition !== partition) return "foreign"
  if (announced === undefined || (announced !== "none" && batch.lastSequence > announced)) return "ahead"
  return behind === undefined || behind > known ? "gap" : "next"
}

/** How often the store is read again over batches that are not believed: whoever sends thousands causes one read. */
const everyMillis = 1_000

/** Runs something now or soon, and no more often than once a second; what was asked for meanwhile is done once at its end. */
export const seldom = (run: () => void): { readonly ask: () => void; readonly stop: () => void } => {
  let resting: NodeJS.Timeout | undefined
  let again = false
  const rest = (): void => {
    resting = setTimeout(() => {
      resting = undefined
      if (!again) return
      again = false
      run()
      rest()
    }, everyMillis)
    resting.unref()
  }
  return {
    ask: () => {
      if (resting !== undefined) {
        again = true
        return
      }
      run()
      rest()
    },
    stop: () => {
      clearTimeout(resting)
      resting = undefined
      again = false
    }
  }
}
