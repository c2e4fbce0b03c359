// Partition: the supervised pipeline of one partition, in whichever placement.

import { type Ownership, ownPartition } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { supervise } from "@tailrace/streams/supervisor"
import { Effect } from "effect"
import { fusedParts } from "./fused.ts"
import { PartitionRuntime } from "./partition-state.ts"
import type { Pipeline } from "./pipeline.ts"
import { stagedParts } from "./staged.ts"

/**
 * Runs the pipeline of a partition for the life of the scope, whenever this process is its owner; its end drains, stores and acknowledges what is
 * under way, and then hands over.
 */
export const runPartition = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  placement: "fused" | "staged",
  partition: number,
  snapshots: SnapshotsShape
) {
  const runtime = new PartitionRuntime(partition)
  const name = `${pipeline.config.name}-${partition}`
  const parts = placement === "fused" ? fusedParts : stagedParts
  let ownership: Ownership | undefined
  const enter = Effect.fnUntraced(function* (standby: () => void) {
    ownership = yield* ownPartition(partition, standby)
    return { name: "owner", done: ownership.lost, drain: Effect.void }
  })
  const make = Effect.suspend(() => parts(pipeline, runtime, snapshots, ownership as Ownership))
  const supervised = yield* supervise({ name, enter, make })
  runtime.supervisor = supervised.state
  return { runtime, supervised }
})
