// Split frames: which frame's rows a sink is storing in several inserts, so that a crash in between can be told.
import type { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { Tables } from "../tables.ts"
import { moment } from "./insert-rows.ts"

export interface SplitFrame {
  readonly partition: number
  readonly sequence: number
  readonly finished: boolean
  /** Milliseconds since 1970, growing from mark to mark of a partition: the last one counts. */
  readonly at: number
}

/** Says that the rows of a frame are about to be stored one part after the other, or that all of them are. */
export const markSplitFrame = (frame: SplitFrame): Effect.Effect<void, StoreError, Store> => {
  const { at, finished, partition, sequence } = frame
  const token = `split-${partition}-${sequence}-${finished}-${at}`
  return Tables.use((tables) => tables.insertJson("split_frames", [{ ...frame, at: moment(at) }], token))
}
