// Partition: the supervised pipeline of one partition, in whichever placement, with the pipeline that is wanted of it.

import { Broker } from "@tailrace/streams/broker"
import { numberedBroker } from "@tailrace/streams/generation"
import { type Ownership, ownPartition } from "@tailrace/streams/ownership"
import type { SnapshotsShape } from "@tailrace/streams/snapshots"
import { supervise } from "@tailrace/streams/supervisor"
import { Effect } from "effect"
import type { Pipeline } from "../pipelines.ts"
import { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { rawGeneration } from "../runtime/raw-generation.ts"
import { rawEnd } from "../runtime/raw-stream.ts"
import { AppliedPipeline, type Beginning } from "./applied-pipeline.ts"
import { fusedParts } from "./fused.ts"
import { stagedParts } from "./staged.ts"

/** How often it is looked whether the pipeline that runs is the one that is wanted. */
const lookMillis = 500

/**
 * Runs the pipeline of a partition for the life of the scope, whenever this process is its owner; its end drains, stores
 * and acknowledges what is under way, and then hands over. Another pipeline takes over, by `swap` or after a start, once
 * everything the noted one has taken in is held by all outputs.
 */
export const runPartition = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  placement: "fused" | "staged",
  partition: number,
  snapshots: SnapshotsShape
) {
  const runtime = new PartitionRuntime(partition)
  const applied = new AppliedPipeline(partition, snapshots)
  const parts = placement === "fused" ? fusedParts : stagedParts
  let ownership: Ownership | undefined
  const enter = Effect.fnUntraced(function* (standby: () => void) {
    let waited = false
    ownership = yield* ownPartition(partition, () => {
      waited = true
      runtime.standBy()
      standby()
    })
    if (waited) yield* Effect.logInfo(`takes partition ${partition} over`)
    return { name: "owner", done: ownership.lost, drain: Effect.void }
  })
  let wanted = pipeline
  /** How the next parts begin, when those before have left everything level. */
  let next: Beginning | undefined
  const between = Effect.gen(function* () {
    next = yield* applied.note(wanted, Math.max(runtime.level, runtime.committed))
  })
  const make = Effect.gen(function* () {
    const broker = yield* Broker
    const numbered = numberedBroker(broker, yield* rawGeneration(partition))
    return (yield* Effect.provideService(makeParts, Broker, numbered)).map((part) => ({
      ...part,
      start: Effect.provideService(part.start, Broker, numbered)
    }))
  })
  const makeParts = Effect.gen(function* () {
    runtime.end = yield* rawEnd
    const { level, pipeline } = next ?? (yield* applied.begin(wanted, runtime.end))
    next = undefined
    runtime.level = level
    const made = yield* parts(pipeline, runtime, snapshots, ownership as Ownership)
    runtime.version = pipeline.version
    return made
  })
  const supervised = yield* supervise({ name: `${pipeline.config.name}-${partition}`, enter, make, between })
  runtime.supervisor = supervised.state
  // What is held now could not be drained, and what is owed must be made by the pipeline that owes it: tried again later.
  const flows = () => runtime.peek(0).status === "running" && runtime.committed >= runtime.owed
  const catchUp = Effect.suspend(() =>
    runtime.version === wanted.version || !flows() ? Effect.void : supervised.renew
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookMillis), catchUp)))
  /** Ends when the new pipeline runs, or will as soon as what is held flows again. */
  const swap = (other: Pipeline) =>
    Effect.suspend(() => {
      wanted = other
      return catchUp
    })
  return { runtime, supervised, swap }
})
