// Unsynced: what a broker that syncs nothing loses with its machine's power, and what can still be promised of it then.
import { generationOf, placeOf } from "@tailrace/streams/generation"
import type { ModelBroker } from "./model-broker.ts"
import type { ModelSnapshots } from "./model-snapshots.ts"
import type { Outputs } from "./promises.ts"
import { missingRows } from "./row-promises.ts"
import { Truth } from "./truth.ts"
import type { World } from "./world.ts"

/** How much of what lies there in order is left: now and then all of it, or nothing. */
const keptOf = (world: World, count: number): number =>
  world.random() < 0.3 ? count : Math.floor((1 - world.random() ** 3) * (count + 1))

/** Each stream loses its own end, or all of it, and the bucket of snapshots its last changes. */
export const loseUnsynced = (world: World, broker: ModelBroker, snapshots: ModelSnapshots, outputs: Outputs): void => {
  for (const stream of broker.existing) {
    const kept = keptOf(world, stream.lastSequence)
    const gone = stream.loseEnd(kept)
    if (gone.length === 0) continue
    world.note(`stream ${stream.name} has lost what came behind ${kept}`)
    if (stream.name !== "raw") continue
    const { stagesFor } = outputs
    const [left, lost] = [stream.messages, gone].map((messages) => {
      const truth = new Truth(stagesFor, outputs.partitions)
      for (const message of messages) truth.add(message)
      return truth
    }) as [Truth, Truth]
    outputs.truth = left
    outputs.lost.push(lost)
  }
  const kept = keptOf(world, snapshots.changes)
  outputs.snapshotsLost ||= kept < snapshots.changes
  snapshots.loseEnd(kept)
}

/** Whether the outputs hold everything of a partition that the broker has. */
export const isTaken = (outputs: Outputs, partition: number): boolean => {
  const { lost, snapshotOffset, stream, tables } = outputs
  const last = stream("raw").lane(`logs.raw.${partition}.>`).at(-1)?.sequence ?? 0
  const offsets = [tables.ledgerThrough(partition), snapshotOffset(partition)]
  if (lost.length === 0) return offsets.every((offset) => offset >= last)
  const generation = Math.max(...offsets.map(generationOf))
  const reach = offsets.every((offset) => generationOf(offset) === generation && placeOf(offset) >= last)
  return last === 0 || (reach && missingRows(outputs).length === 0)
}
