// Generation: numbers for the raw stream's messages that stay their own when the stream loses its end or is made anew.
import { Effect } from "effect"
import type { BrokerShape } from "./broker.ts"
import type { Consumer } from "./consumer.ts"
import type { Delivery } from "./delivery.ts"

/** Messages one generation can number; a safe integer holds 8,191 generations. */
const span = 2 ** 40

/** How many times the stream had been lost, or had lost its end, before the message that has this number was stored. */
export const generationOf = (sequence: number): number => Math.floor(sequence / span)

/** The sequence that a numbered message has in the stream itself. */
export const placeOf = (sequence: number): number => sequence % span

/** The number of place 0 in a generation: no message has it. */
export const beginOf = (generation: number): number => generation * span

/** What a partition's messages in the raw stream are numbered by. */
export interface Generations {
  readonly current: number
  /** Places up to here hold messages of the generation before. */
  readonly since: number
  /** Whether the current one has just begun: what the stream's consumers have acknowledged is of another one. */
  readonly begins: boolean
}

/** The number of the message at a place. */
const numberAt = ({ current, since }: Generations, place: number): number =>
  beginOf(place > since ? current : Math.max(0, current - 1)) + place

/** The place behind everything that an offset, a number, covers. */
const placeBehind = ({ current, since }: Generations, offset: number): number =>
  (generationOf(offset) < current ? Math.min(placeOf(offset), since) : placeOf(offset)) + 1

/** The broker as a partition sees it whose messages in the raw stream are numbered so; all else is as it is. */
export const numberedBroker = (broker: BrokerShape, generations: Generations): BrokerShape => {
  if (generations.current === 0) return broker
  return {
    ...broker,
    openConsumer: (options) => {
      if (options.stream !== "raw") return broker.openConsumer(options)
      const placeFrom = (sequence: number) => placeBehind(generations, sequence - 1)
      const startSequence = placeFrom(options.startSequence ?? 1)
      const lacking = options.lacking === undefined ? undefined : placeFrom(options.lacking)
      const replay = options.replay === true || generations.begins
      return Effect.map(broker.openConsumer({ ...options, startSequence, lacking, replay }), (consumer) =>
        numbered(consumer, generations)
      )
    },
    rangeOf: (stream) => {
      const range = broker.rangeOf(stream)
      if (stream !== "raw") return range
      const end = ({ last }: { readonly last: number }) => beginOf(generations.current) + last
      return Effect.map(range, (found) => ({ first: numberAt(generations, found.first), last: end(found) }))
    },
    readStoredMessage: (stream, sequence) =>
      broker.readStoredMessage(stream, stream === "raw" ? placeOf(sequence) : sequence)
  }
}

const numbered = (consumer: Consumer, generations: Generations): Consumer => {
  const one = (delivery: Delivery): Delivery => ({ ...delivery, sequence: numberAt(generations, delivery.sequence) })
  return {
    ...consumer,
    take: Effect.map(consumer.take, one),
    takeAll: Effect.map(consumer.takeAll, ([first, ...rest]) => [one(first), ...rest.map(one)]),
    ackThrough: (sequence) => consumer.ackThrough(placeBehind(generations, sequence) - 1),
    startSequence: numberAt(generations, consumer.startSequence)
  }
}
