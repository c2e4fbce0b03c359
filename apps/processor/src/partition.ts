// Partition: the supervised pipeline of one partition, in whichever placement.
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { supervise } from "@tailrace/streams/supervisor"
import { Effect } from "effect"
import { fusedParts } from "./fused.ts"
import { PartitionRuntime } from "./partition-state.ts"
import type { Pipeline } from "./pipeline.ts"
import { stagedParts } from "./staged.ts"

/** Runs the pipeline of a partition for the life of the scope; its end drains, stores and acknowledges what is under way. */
export const runPartition = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  placement: "fused" | "staged",
  partition: number,
  snapshots: SnapshotsShape
) {
  const runtime = new PartitionRuntime(partition)
  const name = `${pipeline.config.name}-${partition}`
  const parts = placement === "fused" ? fusedParts : stagedParts
  const supervised = yield* supervise({ name, make: parts(pipeline, runtime, snapshots) })
  runtime.supervisor = supervised.state
  return { runtime, supervised }
})
