// EnrichedParts: messages of the last stage as what a batch to be stored is gathered from.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, EncodedBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import type { Delivery } from "@tailrace/streams/delivery"
import type { Gathered } from "./gather.ts"
import { unpackBatch } from "./stage-message.ts"

/** A message, or the part of one that lies between two sequences no batch may reach across. */
export interface EnrichedPart extends Gathered {
  readonly batch: EncodedBatch
  /** How far the stream is done with once this is stored. */
  readonly acknowledge: number
  /** 1 for the last part of its message, 0 for those before it. */
  readonly messages: number
}

type Message = Pick<Delivery, "data" | "sequence">

/** Answers the sequences from `first` on and before `last` behind which to part a message. */
type CutsWithin = (first: number, last: number) => ReadonlyArray<number>

/**
 * The parts of messages, in order. A message is unpacked when its turn comes: those that wait may be a hundred times as
 * large as their bytes.
 */
export function* enrichedParts(messages: Iterable<Message>, cutsWithin: CutsWithin): Generator<EnrichedPart, void> {
  for (const message of messages) yield* partsOf(message, cutsWithin)
}

/**
 * One part, unless an offset or a border of a batch to be formed again lies within the message, which is so where the
 * messages were made anew, or the placement was another before.
 */
const partsOf = ({ data, sequence }: Message, cutsWithin: CutsWithin): ReadonlyArray<EnrichedPart> => {
  const unpacked = unpackBatch(data)
  const encoded = new EncodedBatch(unpacked)
  const { frames } = encoded
  const first = frames[0]
  const last = frames.at(-1)
  if (first === undefined || last === undefined) return []
  const cuts = cutsWithin(first.sequence, last.sequence)
  if (cuts.length === 0) {
    return [{ sequence: first.sequence, data: unpacked, batch: encoded, acknowledge: sequence, messages: 1 }]
  }
  const batch = decodeBatch(unpacked)
  const ends = new Set([
    ...cuts.map((cut) => frames.findLastIndex((frame) => frame.sequence <= cut) + 1),
    frames.length
  ])
  return [...ends].map((to, i, all) => partOf(batch, all[i - 1] ?? 0, to, sequence))
}

const partOf = (batch: LogBatch, from: number, to: number, message: number): EnrichedPart => {
  const data = encodeBatch(batch, { from, to })
  const isLast = to === batch.frames.length
  return {
    sequence: batch.frames[from]?.sequence ?? 0,
    data,
    batch: new EncodedBatch(data),
    acknowledge: isLast ? message : message - 1,
    messages: isLast ? 1 : 0
  }
}
