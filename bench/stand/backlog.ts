// Backlog: what lies in the broker's streams and was not yet given to who reads it.
import type { JetStreamManager } from "@nats-io/jetstream"
import { type ConsumedStream, durableOf } from "@tailrace/streams/definitions"
import type { Placement } from "./services.ts"

export interface Backlog {
  /** Frames, in whatever form, that the pipeline has not been given yet. */
  readonly frames: number
  /** Whether a pull request waits at every durable: the pipeline is there. */
  readonly attended: boolean
}

/** Frames that come together in one message between stages, about. */
const framesPerBatch = 32

const durables: Readonly<Record<Placement, ReadonlyArray<readonly [stream: ConsumedStream, frames: number]>>> = {
  fused: [["raw", 1]],
  staged: [
    ["raw", 1],
    ["parsed", framesPerBatch],
    ["filtered", framesPerBatch],
    ["enriched", framesPerBatch]
  ]
}

export const readBacklog = async (manager: JetStreamManager, placement: Placement): Promise<Backlog> => {
  const found = await Promise.all(
    durables[placement].map(async ([name, frames]) => {
      const { stream, durable } = durableOf(name, 0)
      return manager.consumers.info(stream, durable).then(
        (info) => ({ frames: info.num_pending * frames, attended: info.num_waiting > 0 }),
        () => ({ frames: 0, attended: false })
      )
    })
  )
  return {
    frames: found.reduce((sum, { frames }) => sum + frames, 0),
    attended: found.every(({ attended }) => attended)
  }
}
