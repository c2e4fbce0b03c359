// SlowOutputs: the outputs that are written about once a second, because one write costs the same whatever its size.
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { Clock, Effect } from "effect"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { periodic } from "./periodic.ts"
import type { Progress } from "./progress.ts"
import type { SlowOutput } from "./sink.ts"

/** How long what a slow output gathers may wait, in milliseconds. */
const slowMillis = 1_000

/** The name of the slow output at an index among the outputs of a partition. */
export const slowOutputName = (index: number): string => `slow ${index}`

export const slowOutputs = Effect.fnUntraced(function* (
  slow: ReadonlyArray<SlowOutput>,
  runtime: PartitionRuntime,
  progress: Progress
) {
  const elapsed = elapsedMillis(yield* Clock.Clock)
  let flushedAt = elapsed()
  const flush = (output: SlowOutput, index: number) =>
    Effect.flatMap(output.flush, (sequence) =>
      sequence === undefined ? Effect.void : progress.advance(slowOutputName(index), sequence)
    )
  return periodic("slow outputs", (last) =>
    Effect.suspend(() => {
      if (!last && !runtime.inFlight.isCrowded && elapsed() - flushedAt < slowMillis) return Effect.void
      flushedAt = elapsed()
      return Effect.forEach(slow, flush, { discard: true })
    })
  )
})
