// Sabotage: where a simulation lets a mistake in.

import type { OpenOwnPaceSink } from "@tailrace/processor/outputs/own-pace-sink"
import type { Pipeline } from "@tailrace/processor/pipelines"
import type { StoredMessagesShape } from "@tailrace/store/recover/stored-messages"
import type { TablesShape } from "@tailrace/store/tables"
import type { BrokerShape } from "@tailrace/streams/broker"
import type { PublisherShape } from "@tailrace/streams/publisher"
import type { Effect } from "effect"
import type { ModelStore } from "./model-store.ts"
import type { Placement } from "./schedule.ts"

/** A mistake put in on purpose, to see that the simulation finds it. */
export interface Sabotage {
  /** Where it shows soonest. */
  readonly placement?: Placement
  readonly tables?: (tables: TablesShape) => TablesShape
  /** What the statements of the store do otherwise. */
  readonly store?: (store: ModelStore) => void
  readonly broker?: (broker: BrokerShape) => BrokerShape
  readonly publisher?: (publisher: PublisherShape) => PublisherShape
  readonly storedMessages?: (storedMessages: StoredMessagesShape) => StoredMessagesShape
  readonly pipeline?: (pipeline: Pipeline) => Pipeline
  /** What a further sink does otherwise. */
  readonly files?: (sink: OpenOwnPaceSink) => OpenOwnPaceSink
  /** How an owner lets go of a partition. */
  readonly handOver?: (asked: HandOver) => Effect.Effect<void>
}

export interface HandOver {
  readonly partition: number
  /** As it is done without a mistake. */
  readonly stepAside: Effect.Effect<void>
  /** Lets another process be the owner at once. */
  readonly unpin: () => void
}
