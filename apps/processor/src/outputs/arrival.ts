// Arrival: a batch on its way to the outputs of its partition.
import type { LogBatch } from "@tailrace/domain/log-batch"

/** A batch on its way, with what has to be acknowledged for it. */
export interface Arrival {
  readonly batch: LogBatch
  /** Sequence, in the stream the batch was taken from, of its last message. */
  readonly acknowledge: number
  readonly messages: number
}
